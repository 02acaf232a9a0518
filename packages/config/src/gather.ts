import { inEnvironment, type Origin } from './sources/origin.js';
import type {
  RemoteSource,
  Source,
  SourceContext,
  SourceEntry,
  SourceFault,
  SourceReading,
} from './sources/source.js';

export interface Gathered {
  /** The entry that won. */
  entry(name: string): SourceEntry | undefined;
  /** Where the same name was set by an earlier source, the nearest first. */
  shadowed(name: string): readonly Origin[];
  /** Every entry that won, of names that are not declared too. */
  all(): readonly SourceEntry[];
  /** What could not be read at all. */
  readonly unreadable: readonly SourceFault[];
  /** The names of the sources that were asked. */
  readonly sources: readonly string[];
}

export interface GatherOptions extends Omit<SourceContext, 'previous'> {
  readonly sources: readonly (Source | RemoteSource)[];
  /** What each remote source gave. */
  readonly remote: ReadonlyMap<RemoteSource, SourceReading>;
}

/** Asks the sources in order; for every name the last one that has it wins, also with an empty text. */
export function gather({ sources, remote, ...asked }: GatherOptions): Gathered {
  const entries = new Map<string, readonly SourceEntry[]>();
  const unreadable: SourceFault[] = [];
  const entry = (name: string): SourceEntry | undefined => entries.get(name)?.[0];

  for (const source of sources) {
    const reading =
      'read' in source
        ? readSource(source, { ...asked, previous: entry })
        : (remote.get(source) ?? failedReading(source, 'was not asked'));
    unreadable.push(...(reading.unreadable ?? []));
    for (const found of reading.entries) {
      entries.set(found.name, [found, ...(entries.get(found.name) ?? [])]);
    }
  }
  const names = sources.map(({ name }) => name);
  if (!names.includes('files') && unreadable.length === 0) {
    for (const fault of asked.names.flatMap((name) => unreadPointer(name, entry, asked.env) ?? [])) {
      entries.set(fault.name, [fault, ...(entries.get(fault.name) ?? [])]);
    }
  }
  return {
    sources: names,
    entry,
    all: () => [...entries.values()].flatMap(([winner]) => winner ?? []),
    shadowed: (name) => (entries.get(name) ?? []).slice(1).map(({ origin }) => origin),
    unreadable,
  };
}

/** Somebody set `X_FILE` and believes that it counts: with a default or an optional `X` nobody would hear of it. */
function unreadPointer(
  name: string,
  entry: Gathered['entry'],
  env: SourceContext['env'],
): SourceFault | undefined {
  const own = entry(name);
  if (own !== undefined && ('fault' in own || own.value !== '')) return undefined;
  const pointer = `${name}_FILE`;
  const set = entry(pointer);
  const text = set !== undefined && 'value' in set ? set.value : Object.hasOwn(env, pointer) && env[pointer];
  if (text === undefined || text === false || text === '') return undefined;
  const fault = {
    code: 'conflict',
    message: `is not set, and nothing reads ${pointer} here`,
    expected: `${name}, or a source that reads ${pointer}`,
    fix: `Add sources.files() to the sources, after those that set ${pointer}; or set ${name} itself.`,
  } as const;
  return { name, fault, origin: set?.origin ?? inEnvironment };
}

function readSource(source: Source, context: SourceContext): SourceReading {
  try {
    return checkedReading(source, source.read(context));
  } catch {
    return failedReading(source, threw);
  }
}

/** A source may be anybody's code: what it throws may hold a value and is dropped. */
export const threw = 'threw an error, which is not shown because it may hold a value';

/** The reading, unless it holds what is no text, or does not say where that stands: reports and `explain` print the place. */
export function checkedReading<R extends SourceReading>(source: { readonly name: string }, reading: R) {
  const wrong = reading.entries.some((found) => !('fault' in found) && typeof found.value !== 'string');
  if (wrong) return failedReading(source, 'gave something that is no text');
  const all: readonly Partial<SourceEntry>[] = [...reading.entries, ...(reading.unreadable ?? [])];
  const placed = all.every(({ name, origin }) => typeof name === 'string' && typeof origin?.at === 'string');
  return placed ? reading : failedReading(source, 'gave something without its name or its origin');
}

/** In place of what the source did not give. */
export function failedReading({ name }: { readonly name: string }, message: string): SourceReading {
  const fault = {
    code: 'unreadable',
    message: `${message}; what is missing may stand in it, so missing variables are not listed`,
    expected: 'a source that gives texts',
    fix: `Run the source ${name} on its own to see why.`,
  } as const;
  return { entries: [], unreadable: [{ name, fault, origin: { source: name, at: `the source ${name}` } }] };
}
