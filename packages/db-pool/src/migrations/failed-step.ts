import { type Logger, withDeadline } from '@seaworthy/contracts';
import type { DbConnection } from '../db.js';
import { splitScript } from '../drivers/split-script.js';
import { emptySchema } from './empty-schema.js';
import { MigrationError } from './migration-error.js';
import type { MigrationBackup } from './migration-options.js';
import { type AppliedMigration, type Direction, readApplied } from './migration-table.js';
import { markRestoring, restoreMark, unmarkRestoring } from './restore-mark.js';

export interface FailedStep {
  readonly name: string;
  readonly direction: Direction;
  readonly text: string;
  readonly cause: unknown;
}

export interface Recovery {
  readonly connection: DbConnection;
  readonly backup: MigrationBackup | undefined;
  readonly backupTimeoutMs: number;
  readonly logger: Logger;
}

/** Finds out what a failed migration left behind, puts the backup back where there is one, and says how things stand. */
export async function recoverFrom(failed: FailedStep, recovery: Recovery): Promise<MigrationError> {
  const { name, cause } = failed;
  const start = `Migration ${name} failed${failed.direction === 'down' ? ' while it was taken back' : ''}: ${messageOf(cause)}`;
  const error = (state: string, code: string): MigrationError =>
    new MigrationError(`${start} ${state}`, { code, cause });

  const left = await whatIsLeft(recovery.connection, failed);
  if (left === 'nothing') return error('Nothing of it was kept.', 'DB_MIGRATION_FAILED');
  const advice =
    left === undefined
      ? 'What it left behind is not known, because the connection is gone: call status().'
      : describeUnfinished(left, failed.text);

  const { backup, backupTimeoutMs, connection, logger } = recovery;
  const restore = backup?.restore;
  if (backup === undefined || restore === undefined) return error(advice, 'DB_MIGRATION_FAILED');
  try {
    await markRestoring(connection, backup.name);
    await withDeadline(() => restore({ emptyDatabase: () => emptySchema(connection) }), {
      timeoutMs: backupTimeoutMs,
      what: 'restoring the backup',
    });
    await unmarkRestoring(connection);
  } catch (second) {
    logger.error('The backup could not be restored after a failed migration', {
      migration: name,
      backup: backup.name,
      error: second,
    });
    return error(
      `Restoring backup ${backup.name} failed as well: ${messageOf(second)} Restore it by hand before anything uses the database, then drop the table ${restoreMark}.`,
      'DB_MIGRATION_RESTORE',
    );
  }
  logger.warn('The backup was restored after a failed migration', { migration: name, backup: backup.name });
  return error(
    `The database was put back from backup ${backup.name}: nothing of this run was kept.`,
    'DB_MIGRATION_FAILED',
  );
}

/** The record that is still unfinished; `'nothing'` when the rollback took it along; `undefined` when nobody can tell. */
async function whatIsLeft(
  connection: DbConnection,
  { name }: FailedStep,
): Promise<AppliedMigration | 'nothing' | undefined> {
  try {
    const record = (await readApplied(connection)).find((one) => one.name === name);
    return record === undefined || record.finishedAt !== undefined ? 'nothing' : record;
  } catch {
    return undefined;
  }
}

/** What to do about a migration that stopped half way. */
export function describeUnfinished(record: AppliedMigration, text: string): string {
  const { name, direction, statementsDone } = record;
  const statements = splitScript(text).length;
  const kept =
    statementsDone === 0
      ? 'None of its statements is known to have taken effect, but the first one may have'
      : statementsDone >= statements
        ? `All ${statements} of its statements took effect`
        : `Of its ${statements} statements the first ${statementsDone} took effect, and number ${statementsDone + 1} may have`;
  const file = direction === 'up' ? `${name}.up.sql` : `${name}.down.sql`;
  return (
    `${kept}, and nothing further runs until this is resolved. Look at the schema and at ${file}; run by hand what is missing and ` +
    `call resolve('${name}', '${direction === 'up' ? 'applied' : 'reverted'}'), or undo what is there and call ` +
    `resolve('${name}', '${direction === 'up' ? 'reverted' : 'applied'}').`
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown reason.';
}
