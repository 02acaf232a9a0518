import { randomUUID } from 'node:crypto';
import { type Db, DbError, sql } from '@seaworthy/db-pool';
import type { Role, User } from '@seaworthy-example/kpi-api';
import { ApiError } from '@seaworthy-example/server';

export interface StoredUser extends User {
  readonly passwordHash: string;
}

interface UserRow {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly passwordHash: string;
}

/** The people who may log in. */
export function createUserStore(db: Db) {
  return {
    byEmail: (email: string): Promise<StoredUser | undefined> =>
      db.maybeOne<UserRow>(
        sql`select id, email, name, role, password_hash as "passwordHash" from users where email = ${email.toLowerCase()}`,
      ),

    byId: (id: string): Promise<User | undefined> =>
      db.maybeOne<User>(sql`select id, email, name, role from users where id = ${id}`),

    /** @throws ApiError 409 when the address has an account. */
    async add(user: {
      readonly email: string;
      readonly name: string;
      readonly passwordHash: string;
    }): Promise<User> {
      try {
        return await db.one<User>(sql`
          insert into users (id, email, name, password_hash, role)
          values (${randomUUID()}, ${user.email.toLowerCase()}, ${user.name}, ${user.passwordHash}, 'member')
          returning id, email, name, role`);
      } catch (error) {
        if (!DbError.is(error) || error.kind !== 'unique') throw error;
        throw new ApiError(409, 'EMAIL_TAKEN', 'There is an account with this e-mail address.', [
          { path: 'email', message: 'There is an account with this address. Log in instead.' },
        ]);
      }
    },
  };
}

export type UserStore = ReturnType<typeof createUserStore>;
