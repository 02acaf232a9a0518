import type { Profile } from './profile.js';
import type { Origin } from './sources/origin.js';
import type { Source, SourceContext, SourceEntry, SourceFault } from './sources/source.js';

export interface Gathered {
  /** The entry that won. */
  entry(name: string): SourceEntry | undefined;
  /** Where the same name was set by an earlier source, the nearest first. */
  shadowed(name: string): readonly Origin[];
  /** What could not be read at all. */
  readonly unreadable: readonly SourceFault[];
}

export interface GatherOptions extends Pick<SourceContext, 'env' | 'cwd' | 'names' | 'isSecret'> {
  readonly profile: Profile;
  readonly sources: readonly Source[];
}

/** Asks the sources in order; for every name the last one that has it wins, also with an empty text. */
export function gather({ sources, ...asked }: GatherOptions): Gathered {
  const entries = new Map<string, readonly SourceEntry[]>();
  const unreadable: SourceFault[] = [];
  const entry = (name: string): SourceEntry | undefined => entries.get(name)?.[0];

  for (const source of sources) {
    const reading = readSource(source, { ...asked, previous: entry });
    unreadable.push(...(reading.unreadable ?? []));
    for (const found of reading.entries) {
      entries.set(found.name, [found, ...(entries.get(found.name) ?? [])]);
    }
  }
  return {
    entry,
    shadowed: (name) => (entries.get(name) ?? []).slice(1).map(({ origin }) => origin),
    unreadable,
  };
}

/** A source may be anybody's code: what it throws may hold a value and is dropped. */
function readSource(source: Source, context: SourceContext): ReturnType<Source['read']> {
  try {
    const reading = source.read(context);
    const wrong = reading.entries.some((found) => !('fault' in found) && typeof found.value !== 'string');
    return wrong ? failed(source, 'gave something that is no text') : reading;
  } catch {
    return failed(source, 'threw an error, which is not shown because it may hold a value');
  }
}

function failed({ name }: Source, message: string): ReturnType<Source['read']> {
  const fault = {
    code: 'unreadable',
    message: `${message}; what is missing may stand in it, so missing variables are not listed`,
    expected: 'a source that gives texts',
    fix: `Run the source ${name} on its own to see why.`,
  } as const;
  return { entries: [], unreadable: [{ name, fault, origin: { source: name, at: `the source ${name}` } }] };
}
