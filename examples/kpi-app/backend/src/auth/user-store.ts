import { randomUUID } from 'node:crypto';
import { type Db, DbError, type QueryRunner, sql } from '@seaworthy/db-pool';
import type { User } from '@seaworthy-example/kpi-api';
import { ApiError, type AuditTrail } from '@seaworthy-example/server';
import type { Session } from './tokens.js';

export interface StoredUser extends User {
  readonly passwordHash: string;
  readonly tokenVersion: number;
  /** Whether they may log in. */
  readonly active: boolean;
}

/** Ends every session of a user, whatever its version. */
export async function endAllSessions(db: QueryRunner, userId: string): Promise<void> {
  await db.exec(sql`update users set token_version = token_version + 1 where id = ${userId}`);
}

/** The people who may log in. */
export function createUserStore(db: Db, trail: Pick<AuditTrail, 'changed' | 'record'>) {
  return {
    byEmail: (email: string): Promise<StoredUser | undefined> =>
      db.maybeOne<StoredUser>(sql`
        select
          id, email, name, role, password_hash as "passwordHash", token_version as "tokenVersion",
          deactivated_at is null as active
        from users where email = ${email.toLowerCase()}`),

    bySession: ({ userId, version }: Session): Promise<User | undefined> =>
      db.maybeOne<User>(sql`
        select id, email, name, role from users
        where id = ${userId} and token_version = ${version} and deactivated_at is null`),

    /**
     * Ends all sessions of that user, on every device and of every API client: the version is the user's, not the token's.
     * A token that has ended already ends nothing.
     */
    async endSessions({ userId, version }: Session): Promise<void> {
      await db.transaction(async (tx) => {
        const { rowCount } = await tx.exec(sql`
          update users set token_version = token_version + 1 where id = ${userId} and token_version = ${version}`);
        if (rowCount === 0) return;
        const target = { type: 'account', id: userId };
        await trail.record(tx, { actor: userId, action: 'logout', target, outcome: 'success' });
      });
    },

    /** A new account reads; an administrator gives it more. @throws ApiError 409 when the address has an account. */
    async add(user: {
      readonly email: string;
      readonly name: string;
      readonly passwordHash: string;
    }): Promise<User> {
      try {
        return await db.transaction(async (tx) => {
          const made = await tx.one<User>(sql`
            insert into users (id, email, name, password_hash, role)
            values (${randomUUID()}, ${user.email.toLowerCase()}, ${user.name}, ${user.passwordHash}, 'viewer')
            returning id, email, name, role`);
          const target = { type: 'account', id: made.id };
          await trail.changed(tx, { actor: made.id, action: 'account.register', target }, undefined, made);
          return made;
        });
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
