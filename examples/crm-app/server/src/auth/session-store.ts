import { createHmac, randomBytes } from 'node:crypto';
import type { Secret } from '@seaworthy/contracts';
import { type Db, type QueryRunner, sql } from '@seaworthy/db-pool';
import type { User } from '@seaworthy-example/crm-api';

export interface SessionStore {
  /** Begins a session and returns the word that the browser keeps; `undefined` for somebody who may not log in. */
  begin(userId: string): Promise<string | undefined>;
  /** Whose session it is; `undefined` for none, an ended or an expired one. */
  find(token: string): Promise<User | undefined>;
  end(token: string): Promise<void>;
  /** Ends every session of a user. */
  endAll(db: QueryRunner, userId: string): Promise<void>;
}

/** Sessions that can be ended. The database holds keyed hashes, so that a copy of it logs nobody in. */
export function createSessionStore(db: Db, key: Secret, lifetimeMs: number): SessionStore {
  const hash = (token: string): Buffer => createHmac('sha256', key.reveal()).update(token).digest();
  return {
    async begin(userId) {
      const token = randomBytes(32).toString('base64url');
      const now = new Date();
      await db.exec(sql`delete from sessions where expires_at < ${now}`);
      // One statement, so that no session begins beside a deactivation that ends them all.
      const { rowCount } = await db.exec(sql`
        insert into sessions (token_hash, user_id, expires_at)
        select ${hash(token)}, id, ${new Date(now.getTime() + lifetimeMs)} from users
        where id = ${userId} and deactivated_at is null`);
      return rowCount === 1 ? token : undefined;
    },
    find: (token) =>
      db.maybeOne<User>(sql`
        select u.id, u.email, u.name, u.role from sessions s join users u on u.id = s.user_id
        where s.token_hash = ${hash(token)} and s.expires_at > ${new Date()} and u.deactivated_at is null`),
    async end(token) {
      await db.exec(sql`delete from sessions where token_hash = ${hash(token)}`);
    },
    async endAll(tx, userId) {
      await tx.exec(sql`delete from sessions where user_id = ${userId}`);
    },
  };
}
