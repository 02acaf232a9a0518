import { readdirSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { captureTool } from '../tools/capture-tool.js';
import type { ToolSpec } from '../tools/tool-process.js';
import { programMissing } from './source-errors.js';

/** A client program that is installed here. */
export interface ClientProgram {
  readonly folder: string;
  readonly path: string;
  /** What `--version` prints, on one line. */
  readonly version: string;
}

export interface FindProgramOptions {
  readonly binDir: string | undefined;
  readonly signal: AbortSignal;
  /** What makes it print its version. @defaultValue '--version' */
  readonly versionArgument?: string;
}

/** Where distributions put several versions side by side; PATH shows only one, or a wrapper that guesses. */
const versionedFolders = [
  { parent: '/usr/lib/postgresql', within: 'bin' },
  { parent: '/usr', within: 'bin', prefix: 'pgsql-' },
  { parent: '/opt/homebrew/opt', within: 'bin' },
  { parent: '/usr/local/opt', within: 'bin' },
] as const;

/**
 * Every installed program of that name: in `binDir` alone when it is given, else in the folders of PostgreSQL's packages
 * and then on PATH.
 */
export async function findClientPrograms(
  name: string,
  { binDir, signal, versionArgument = '--version' }: FindProgramOptions,
): Promise<readonly ClientProgram[]> {
  const folders = binDir === undefined ? searchFolders() : [binDir];
  const found: ClientProgram[] = [];
  for (const folder of new Set(folders)) {
    const path = join(folder, name);
    try {
      const file = statSync(path, { throwIfNoEntry: false });
      if (file === undefined) continue;
      const key = `${path} ${file.ino} ${file.mtimeMs} ${file.size}`;
      const version =
        knownVersions.get(key) ?? (await askVersion({ name, path, args: [versionArgument] }, signal));
      knownVersions.set(key, version);
      found.push({ folder, path, version });
    } catch {
      signal.throwIfAborted(); // otherwise it may not be looked at or does not run, which is as good as not installed
    }
  }
  return found;
}

export interface RequiredProgram extends FindProgramOptions {
  /** What needs it, for messages. */
  readonly label: string;
  /** What to install, where it is missing. */
  readonly install: string;
}

/**
 * The first installed program of that name, in the order of {@link findClientPrograms}.
 *
 * @throws BackupError `BACKUP_TOOL_MISSING`
 */
export async function requireProgram(
  name: string,
  { label, install, ...where }: RequiredProgram,
): Promise<ClientProgram> {
  const [program] = await findClientPrograms(name, where);
  if (program === undefined) throw programMissing({ label, what: name, binDir: where.binDir, install });
  return program;
}

/** Asking costs a tenth of a second for each of Debian's wrappers; a program that was replaced is another file. */
const knownVersions = new Map<string, string>();

async function askVersion(
  program: Pick<ToolSpec, 'name' | 'path' | 'args'>,
  signal: AbortSignal,
): Promise<string> {
  const spec = { ...program, stage: 'prepare', subject: 'its version' } as const;
  return (await captureTool(spec, { timeoutMs: 10_000, signal })).trim().replaceAll(/\s+/g, ' ');
}

function searchFolders(): readonly string[] {
  const versioned = versionedFolders.flatMap((place) =>
    list(place.parent)
      .filter((entry) => !('prefix' in place) || entry.startsWith(place.prefix))
      .map((entry) => join(place.parent, entry, place.within)),
  );
  const onPath = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
  return [...versioned, ...onPath];
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The first number of its version: 16 of `pg_dump (PostgreSQL) 16.4`. */
export function majorOf({ version }: ClientProgram): number {
  return Number(/(\d+)(?:\.\d+)*/.exec(version)?.[1] ?? 0);
}
