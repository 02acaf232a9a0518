import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MigrationError } from './migration-error.js';

/** One step of the schema, as its files say it. */
export interface MigrationFile {
  /** `0001_create_users`: what the table of applied migrations holds. */
  readonly name: string;
  readonly number: number;
  readonly up: string;
  /** `undefined` when there is no way back. */
  readonly down: string | undefined;
  /** SHA-256 of the up file, with line ends normalised so that a checkout on Windows has the same. */
  readonly checksum: string;
}

const filePattern = /^(\d{4,})_([a-z0-9_-]+)\.(up|down)\.sql$/;

/** Longer names do not fit the table that remembers them. */
const maxNameLength = 200;

/**
 * The migrations of a folder, in the order of their numbers. Other files are left alone, except `.sql` files whose names do not
 * fit: a misspelt migration must not be skipped in silence.
 *
 * @throws MigrationError `DB_MIGRATION_FILES` for names that do not fit, numbers used twice, or a down file without its up.
 */
export async function readMigrationFiles(folder: string): Promise<MigrationFile[]> {
  const names = await listFolder(folder);
  const ups = new Map<string, number>();
  const downs = new Set<string>();
  for (const name of names) {
    const match = filePattern.exec(name);
    if (match === null || name.length > maxNameLength) {
      throw filesError(
        `${name} does not fit NNNN_name.up.sql or NNNN_name.down.sql (lower case, at most ${maxNameLength})`,
      );
    }
    const [, number = '', label = '', direction] = match;
    const base = `${number}_${label}`;
    if (direction === 'up') ups.set(base, Number(number));
    else downs.add(base);
  }
  const orphan = [...downs].find((base) => !ups.has(base));
  if (orphan !== undefined) throw filesError(`${orphan}.down.sql has no ${orphan}.up.sql`);

  const ordered = [...ups].sort(([, a], [, b]) => a - b);
  for (const [at, [base, number]] of ordered.entries()) {
    if (ordered[at - 1]?.[1] === number)
      throw filesError(`${base} and ${ordered[at - 1]?.[0]} have the same number`);
  }
  return Promise.all(
    ordered.map(async ([name, number]) => {
      const up = await readFile(join(folder, `${name}.up.sql`), 'utf8');
      const down = downs.has(name) ? await readFile(join(folder, `${name}.down.sql`), 'utf8') : undefined;
      return { name, number, up, down, checksum: checksumOf(up) };
    }),
  );
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && entry.name.endsWith('.sql'))
      .map((entry) => entry.name);
  } catch (error) {
    throw new MigrationError(
      `The folder of migrations ${folder} cannot be read. Check the option "folder".`,
      {
        code: 'DB_MIGRATION_FILES',
        cause: error,
      },
    );
  }
}

function checksumOf(text: string): string {
  return createHash('sha256').update(text.replaceAll('\r\n', '\n')).digest('hex');
}

function filesError(problem: string): MigrationError {
  return new MigrationError(
    `The folder of migrations cannot be used: ${problem}. Rename or remove the file.`,
    {
      code: 'DB_MIGRATION_FILES',
    },
  );
}
