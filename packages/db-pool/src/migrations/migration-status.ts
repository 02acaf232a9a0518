import type { MigrationFile } from './migration-files.js';
import type { AppliedMigration } from './migration-table.js';

export type MigrationState = 'applied' | 'pending' | 'changed' | 'missing' | 'unfinished';

export interface MigrationStatus {
  readonly name: string;
  /**
   * `changed`: its file was edited after it was applied. `missing`: applied, and its file is gone. `unfinished`: it stopped half
   * way where schema changes commit by themselves, or runs right now.
   */
  readonly state: MigrationState;
  readonly finishedAt: Date | undefined;
}

/** Each migration of the folder and of the database, in the order of their names. */
export function statusOf(
  files: readonly MigrationFile[],
  applied: readonly AppliedMigration[],
): MigrationStatus[] {
  const byName = new Map(applied.map((one) => [one.name, one]));
  const known = files.map(({ name, checksum }): MigrationStatus => {
    const one = byName.get(name);
    byName.delete(name);
    return { name, state: stateOf(one, checksum), finishedAt: one?.finishedAt };
  });
  const missing = [...byName.values()].map(
    ({ name, finishedAt }): MigrationStatus => ({ name, state: 'missing', finishedAt }),
  );
  return [...known, ...missing].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function stateOf(one: AppliedMigration | undefined, checksum: string): MigrationState {
  if (one === undefined) return 'pending';
  if (one.finishedAt === undefined) return 'unfinished';
  return one.checksum === checksum ? 'applied' : 'changed';
}
