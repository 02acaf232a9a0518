import { describeUnfinished } from './failed-step.js';
import { MigrationError } from './migration-error.js';
import type { MigrationFile } from './migration-files.js';
import type { AppliedMigration } from './migration-table.js';

/**
 * The files that are still to be applied.
 *
 * @throws MigrationError when the folder and the database do not belong together: a file changed after it was applied, is gone, or
 * would come before one that was applied already.
 */
export function planUp(
  files: readonly MigrationFile[],
  applied: readonly AppliedMigration[],
): MigrationFile[] {
  const byName = new Map(files.map((file) => [file.name, file]));
  for (const record of applied) {
    const { name, checksum, finishedAt } = record;
    if (finishedAt === undefined) {
      const file = byName.get(name);
      const text = (record.direction === 'up' ? file?.up : file?.down) ?? '';
      throw new MigrationError(`${name} stopped half way. ${describeUnfinished(record, text)}`, {
        code: 'DB_MIGRATION_UNFINISHED',
      });
    }
    const file = byName.get(name);
    if (file === undefined) {
      throw new MigrationError(
        `${name} is applied in this database, and its file is not in the folder. Deploy the release that has it.`,
        { code: 'DB_MIGRATION_ORDER' },
      );
    }
    if (file.checksum !== checksum) {
      throw new MigrationError(
        `${name}.up.sql was changed after it was applied. Put it back as it was, and write a new migration.`,
        { code: 'DB_MIGRATION_CHANGED' },
      );
    }
  }
  const done = new Set(applied.map(({ name }) => name));
  const pending = files.filter(({ name }) => !done.has(name));
  const lastDone = Math.max(-1, ...files.filter(({ name }) => done.has(name)).map(({ number }) => number));
  const late = pending.find(({ number }) => number < lastDone);
  if (late !== undefined) {
    throw new MigrationError(
      `${late.name} has a lower number than migrations that are applied. Give it a higher one, so that every database has one order.`,
      { code: 'DB_MIGRATION_ORDER' },
    );
  }
  return pending;
}
