import type { ProblemCode } from '../problem.js';
import type { Profile } from '../profile.js';
import type { FileReader } from './file-reader.js';
import type { Origin } from './origin.js';

/** A variable and its text. */
export interface SourceValue {
  readonly name: string;
  readonly value: string;
  readonly origin: Origin;
}

/** Something that a source found wrong. It becomes a {@link Problem}, so it may hold no value. */
export interface SourceFault {
  /** The variable, or for a file that could not be read as a whole, that file. */
  readonly name: string;
  readonly fault: {
    readonly code: Extract<ProblemCode, 'insecure' | 'conflict' | 'unreadable' | 'invalid'>;
    readonly message: string;
    readonly expected: string;
    readonly fix: string;
  };
  readonly origin: Origin;
}

export type SourceEntry = SourceValue | SourceFault;

export interface SourceReading {
  /** One after the other: a later entry of the same name wins and shadows the earlier one, a faulty one too. */
  readonly entries: readonly SourceEntry[];
  /** What could not be read at all. When there is any, a variable that is missing is not reported as its own fault. */
  readonly unreadable?: readonly SourceFault[];
}

/** What every source is told. */
export interface RemoteContext {
  /** The process environment, or what stands in for it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly profile: Profile;
  /** The variables that are declared. What a source gives beyond them, and their `X_FILE`, is of no effect. */
  readonly names: readonly string[];
  readonly isSecret: (name: string) => boolean;
}

export interface SourceContext extends RemoteContext {
  /** What the sources before this one gave. */
  readonly previous: (name: string) => SourceEntry | undefined;
  /** Reads files so that one load sees one generation of a mounted volume, and `watch` knows which files count. */
  readonly files: FileReader;
}

/**
 * A place that gives texts by name. Sources are asked in order and the last one that has a name wins.
 *
 * @example
 * const defaults: Source = {
 *   name: 'fleet',
 *   read: () => ({ entries: [{ name: 'REGION', value: 'eu', origin: { source: 'fleet', at: 'the fleet file' } }] }),
 * };
 */
export interface Source {
  readonly name: string;
  /** Reads everything at once, and synchronously. What it throws is reported without its message. */
  read(context: SourceContext): SourceReading;
}

export interface RemoteReading extends SourceReading {
  /** `watch` asks again no later than this, whatever its own rhythm: a token ends, for example. In milliseconds. */
  readonly refreshWithinMs?: number;
}

/**
 * A {@link Source} on the other side of a network: for `loadAsync` and `watch`, which ask all of them at once and then put
 * what they gave in its place in the order. `load` does not take one.
 */
export interface RemoteSource {
  readonly name: string;
  /** Ends when `signal` aborts. What it throws is reported without its message. */
  fetch(context: RemoteContext, signal: AbortSignal): Promise<RemoteReading>;
}

export function isRemote(source: Source | RemoteSource): source is RemoteSource {
  return 'fetch' in source;
}
