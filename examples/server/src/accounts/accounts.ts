import { randomUUID } from 'node:crypto';
import type { Logger } from '@seaworthy/contracts';
import { type Db, DbError, type QueryRunner, sql } from '@seaworthy/db-pool';
import { ApiError } from '../api-error.js';
import type { AuditTrail } from '../audit/audit-trail.js';
import type { Account, AccountChanges, AccountFilter, AccountPage } from './account.js';
import { accountsWhere, listAccounts } from './account-rows.js';

export interface AccountsOptions {
  readonly db: Db;
  /** Gets a line of every change at level `info`, for whoever watches. At `warn` it is not written; the record in the trail is. */
  readonly logger: Logger;
  /** Gets a record of every change, in its transaction. */
  readonly trail: Pick<AuditTrail, 'changed'>;
  /** Ends every session and token of somebody who is deactivated, in the same transaction. */
  readonly endSessions: (tx: QueryRunner, userId: string) => Promise<unknown>;
}

/** What administrators do with the accounts of the others. */
export interface Accounts<Role extends string> {
  list(filter: AccountFilter): Promise<AccountPage<Role>>;
  /**
   * Changes an account as `actorId`. A new role counts from the next request on, because every request asks for it; a
   * deactivated account is logged out everywhere, and stays logged out when it is reactivated.
   *
   * @throws ApiError 403 when the actor is no active administrator any more, 404 `USER_NOT_FOUND`, 409 `LAST_ADMIN` when
   * nobody would be left who could undo it.
   */
  change(actorId: string, id: string, changes: AccountChanges<Role>): Promise<Account<Role>>;
  /** Makes an account as `actorId`. @throws ApiError 409 `EMAIL_TAKEN`. */
  add(
    actorId: string,
    account: {
      readonly email: string;
      readonly name: string;
      readonly role: Role | 'admin';
      readonly passwordHash: string;
    },
  ): Promise<Account<Role>>;
}

/** The accounts in the table `users`. */
export function createAccounts<Role extends string>({
  db,
  logger,
  trail,
  endSessions,
}: AccountsOptions): Accounts<Role> {
  /** Written once the change is committed, so that no line tells of one that was rolled back. */
  const audit = (action: string, actorId: string, accountId: string, details: object) =>
    logger.info('Audit', { action, actorId, accountId, ...details });

  return {
    list: (filter) => listAccounts<Role>(db, filter),

    async change(actorId, id, changes) {
      const { before, after } = await db.transaction(async (tx) => {
        // Locked in one statement and by id, so that whoever changes accounts at the same moment takes turns. A second one for the
        // account alone could end in a deadlock: PostgreSQL keeps rows locked that stopped being administrators while it waited.
        const locked = await accountsWhere<Role>(
          tx,
          sql`where (u.role = 'admin' and u.deactivated_at is null) or u.id = ${id} order by u.id for update`,
        );
        const admins = locked.filter(governs);
        if (!admins.some((admin) => admin.id === actorId)) throw forbidden();
        const before = locked.find((account) => account.id === id);
        if (before === undefined) throw new ApiError(404, 'USER_NOT_FOUND', 'There is no such account.');
        const after = {
          ...before,
          role: changes.role ?? before.role,
          active: changes.active ?? before.active,
        };
        if (governs(before) && !governs(after) && admins.length === 1) throw lastAdmin();
        if (after.role !== before.role) {
          await tx.exec(sql`update users set role = ${after.role} where id = ${id}`);
        }
        if (after.active !== before.active) {
          const deactivatedAt = after.active ? null : new Date();
          await tx.exec(sql`update users set deactivated_at = ${deactivatedAt} where id = ${id}`);
          if (!after.active) await endSessions(tx, id);
        }
        const target = { type: 'account', id };
        await trail.changed(tx, { actor: actorId, action: 'account.change', target }, before, after);
        return { before, after };
      });
      if (after.role !== before.role) {
        audit('account.role', actorId, id, { from: before.role, to: after.role });
      }
      if (after.active !== before.active) {
        audit(after.active ? 'account.reactivate' : 'account.deactivate', actorId, id, {});
      }
      return after;
    },

    async add(actorId, { email, name, role, passwordHash }) {
      const id = randomUUID();
      const row = { id, email: email.toLowerCase(), name, role, password_hash: passwordHash };
      try {
        await db.transaction(async (tx) => {
          await tx.exec(sql`insert into users ${sql.row(row)}`);
          const { password_hash: _, ...made } = row;
          const target = { type: 'account', id };
          await trail.changed(tx, { actor: actorId, action: 'account.add', target }, undefined, made);
        });
      } catch (error) {
        if (!DbError.is(error) || error.kind !== 'unique') throw error;
        throw new ApiError(409, 'EMAIL_TAKEN', 'There is an account with this e-mail address.', [
          { path: 'email', message: 'There is an account with this address.' },
        ]);
      }
      audit('account.add', actorId, id, { role });
      const [account] = await accountsWhere<Role>(db, sql`where u.id = ${id}`);
      if (account === undefined) throw new ApiError(404, 'USER_NOT_FOUND', 'The account is gone.');
      return account;
    },
  };
}

function governs({ role, active }: { readonly role: string; readonly active: boolean }): boolean {
  return role === 'admin' && active;
}

/** For whoever proved their password and may not come in all the same. */
export function deactivated(): ApiError {
  return new ApiError(
    403,
    'ACCOUNT_DEACTIVATED',
    'Your account is deactivated. Ask an administrator to reactivate it.',
  );
}

function forbidden(): ApiError {
  return new ApiError(403, 'FORBIDDEN', 'Your role does not allow this.');
}

function lastAdmin(): ApiError {
  return new ApiError(
    409,
    'LAST_ADMIN',
    'This is the last administrator. Make somebody else an administrator first.',
  );
}
