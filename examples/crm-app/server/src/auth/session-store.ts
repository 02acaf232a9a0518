import { createHmac, randomBytes } from 'node:crypto';
import type { Secret } from '@seaworthy/contracts';
import { type Db, sql } from '@seaworthy/db-pool';
import type { User } from '@seaworthy-example/crm-api';

export interface SessionStore {
  /** Begins a session and returns the word that the browser keeps. */
  begin(userId: string): Promise<string>;
  /** Whose session it is; `undefined` for none, an ended or an expired one. */
  find(token: string): Promise<User | undefined>;
  end(token: string): Promise<void>;
}

/** Sessions that can be ended. The database holds keyed hashes, so that a copy of it logs nobody in. */
export function createSessionStore(db: Db, key: Secret, lifetimeMs: number): SessionStore {
  const hash = (token: string): Buffer => createHmac('sha256', key.reveal()).update(token).digest();
  return {
    async begin(userId) {
      const token = randomBytes(32).toString('base64url');
      const now = new Date();
      await db.exec(sql`delete from sessions where expires_at < ${now}`);
      await db.exec(sql`
        insert into sessions (token_hash, user_id, expires_at)
        values (${hash(token)}, ${userId}, ${new Date(now.getTime() + lifetimeMs)})`);
      return token;
    },
    find: (token) =>
      db.maybeOne<User>(sql`
        select u.id, u.email, u.name, u.role from sessions s join users u on u.id = s.user_id
        where s.token_hash = ${hash(token)} and s.expires_at > ${new Date()}`),
    async end(token) {
      await db.exec(sql`delete from sessions where token_hash = ${hash(token)}`);
    },
  };
}
