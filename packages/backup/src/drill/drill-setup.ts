import {
  type DurationInput,
  formatDuration,
  invalidOption,
  optionsOf,
  parseDuration,
  positiveDuration,
  type Secret,
} from '@seaworthy/contracts';
import type { BackupSource } from '../sources/backup-source.js';
import type { Scratch } from './scratch.js';

/** What an invariant may look at. */
export interface DrillDatabase {
  /** The name of the source in `createBackups`. */
  readonly source: string;
  /** The restored database, for a driver of your own. */
  readonly url: Secret | undefined;
  /** What was restored, where that is a folder: of files, of PGlite, of a database cluster. */
  readonly folder: string | undefined;
  /** The rows of one statement as text, NULL as `undefined`; of Redis the lines that one command answers. Files have none. */
  query(sql: string): Promise<ReadonlyArray<readonly (string | undefined)[]>>;
  /** Aborts when the drill is over. */
  readonly signal: AbortSignal;
}

/** Holds unless it rejects or resolves to `false`. What it rejects with is kept in the report: no secrets and no rows. */
export type Invariant = (database: DrillDatabase) => Promise<unknown>;

export interface DrillSetup {
  /** For each source that is drilled, by its name, where to. */
  readonly into: Readonly<Record<string, Scratch>>;
  /** The application's own demands on a restored source: `{ db: { 'every invoice has an account': async ({ query }) => … } }`. */
  readonly invariants?: Readonly<Record<string, Readonly<Record<string, Invariant>>>>;
  /** The private age keys of encrypted backups: drill on a machine that may have them. @defaultValue [] */
  readonly identity?: string | Secret | ReadonlyArray<string | Secret>;
  /** One source: restoring it, comparing it, and all its invariants. @defaultValue '12h' */
  readonly timeout?: DurationInput;
  /** Scratch places of this age, whose drill must be dead, are dropped by the next drill. @defaultValue '25h', at least the timeout */
  readonly reapAfter?: DurationInput;
}

export interface DrillSettings extends Required<Omit<DrillSetup, 'identity' | 'timeout' | 'reapAfter'>> {
  readonly identity: NonNullable<DrillSetup['identity']>;
  readonly timeoutMs: number;
  readonly reapAfterMs: number;
}

const owner = 'createBackups: drill';

const readOptions = optionsOf<DrillSetup>(owner, {
  into: true,
  invariants: true,
  identity: true,
  timeout: true,
  reapAfter: true,
});

/** @throws OptionsError */
export function readDrillSetup(
  setup: DrillSetup,
  sources: ReadonlyMap<string, Pick<BackupSource, 'engine'>>,
): DrillSettings {
  const { into, invariants = {}, identity = [], timeout = '12h', reapAfter = '25h' } = readOptions(setup);
  const names = Object.keys(into ?? {});
  if (names.length === 0) throw invalidOption(owner, 'into', 'at least one source with its scratch place');
  for (const name of names) {
    const engine = sources.get(name)?.engine;
    if (engine === undefined) throw invalidOption(owner, 'into', 'named like the sources');
    if (into[name]?.engine !== engine)
      throw invalidOption(owner, 'into', `a scratch place of ${engine} for a source of ${engine}`);
  }
  for (const name of Object.keys(invariants)) {
    if (!names.includes(name)) throw invalidOption(owner, 'invariants', 'named like the sources in `into`');
  }
  const timeoutMs = positiveDuration(owner, 'timeout', timeout);
  const reapAfterMs = parseDuration(reapAfter);
  if (reapAfterMs <= timeoutMs)
    throw invalidOption(owner, 'reapAfter', `longer than the timeout of ${formatDuration(timeoutMs)}`);
  return { into, invariants, identity, timeoutMs, reapAfterMs };
}
