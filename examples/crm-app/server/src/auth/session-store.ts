import { createHmac, randomBytes } from 'node:crypto';
import type { Secret } from '@seaworthy/contracts';
import { type Db, type QueryRunner, sql } from '@seaworthy/db-pool';
import type { User } from '@seaworthy-example/crm-api';
import type { AuditTrail } from '@seaworthy-example/server';

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
export function createSessionStore(
  db: Db,
  key: Secret,
  lifetimeMs: number,
  trail: Pick<AuditTrail, 'record'>,
): SessionStore {
  const hash = (token: string): Buffer => createHmac('sha256', key.reveal()).update(token).digest();
  return {
    async begin(userId) {
      const token = randomBytes(32).toString('base64url');
      const now = new Date();
      await db.exec(sql`delete from sessions where expires_at < ${now}`);
      // One statement, so that no session begins beside a deactivation that ends them all.
      return db.transaction(async (tx) => {
        const { rowCount } = await tx.exec(sql`
          insert into sessions (token_hash, user_id, expires_at)
          select ${hash(token)}, id, ${new Date(now.getTime() + lifetimeMs)} from users
          where id = ${userId} and deactivated_at is null`);
        if (rowCount !== 1) return undefined;
        const target = { type: 'account', id: userId };
        await trail.record(tx, { actor: userId, action: 'login', target, outcome: 'success' });
        return token;
      });
    },
    find: (token) =>
      db.maybeOne<User>(sql`
        select u.id, u.email, u.name, u.role from sessions s join users u on u.id = s.user_id
        where s.token_hash = ${hash(token)} and s.expires_at > ${new Date()} and u.deactivated_at is null`),
    async end(token) {
      await db.transaction(async (tx) => {
        const session = await tx.maybeOne<{ userId: string }>(
          sql`select user_id as userId from sessions where token_hash = ${hash(token)} for update`,
        );
        if (session === undefined) return;
        await tx.exec(sql`delete from sessions where token_hash = ${hash(token)}`);
        const target = { type: 'account', id: session.userId };
        await trail.record(tx, { actor: session.userId, action: 'logout', target, outcome: 'success' });
      });
    },
    async endAll(tx, userId) {
      await tx.exec(sql`delete from sessions where user_id = ${userId}`);
    },
  };
}
