import { ConfigError } from './config-error.js';
import { sourceProblem } from './evaluate.js';
import { type Gathered, gather } from './gather.js';
import type { Problem } from './problem.js';
import { type ProfileOptions, type ResolvedProfile, resolveProfile } from './profile.js';
import type { Reader } from './reader.js';
import type { Origin } from './sources/origin.js';
import type { Source } from './sources/source.js';
import { defaultSources } from './sources/sources.js';

export interface LoadOptions {
  /** @defaultValue process.env, as it is at the time of the call */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The folder that relative paths are seen from. @defaultValue process.cwd() */
  readonly cwd?: string;
  /** Asked in this order; later wins. @defaultValue [sources.dotenv(), sources.env(), sources.files()] */
  readonly sources?: readonly Source[];
}

/** Where one variable's value came from. */
export interface VariableOrigin {
  readonly name: string;
  readonly state: 'set' | 'default' | 'unset';
  readonly secret: boolean;
  /** Absent when nothing set it. */
  readonly origin?: Origin;
  /** Where the same name was set without winning, the nearest first. */
  readonly shadowed: readonly Origin[];
}

export interface LoadResult {
  readonly values: object;
  readonly profile: ResolvedProfile;
  readonly origins: readonly VariableOrigin[];
}

/** Reads all sources, then all variables; throws one ConfigError with everything that is wrong. */
export function loadWith(reader: Reader, profileOptions: ProfileOptions, options: LoadOptions): LoadResult {
  const { env = process.env, cwd = process.cwd(), sources = defaultSources() } = options;
  const profile = resolveProfile(
    (name) => (Object.hasOwn(env, name) ? env[name] : undefined),
    profileOptions,
  );
  const { definitions } = reader;
  const profileNames = profileOptions.from ?? ['APP_ENV', 'NODE_ENV'];
  const names = [...new Set([...definitions.keys(), ...profileNames])];
  const isSecret = (name: string): boolean => definitions.get(name)?.exposure === 'secret';
  const gathered = gather({ env, cwd, profile: profile.name, names, isSecret, sources });

  const undeclared = Object.keys(env).filter((name) => !definitions.has(name) && env[name] !== '');
  const { values, problems, states } = reader.read({ profile, gathered, undeclared });
  const all = [
    ...gathered.unreadable.map(sourceProblem),
    ...profileProblems(profile, profileNames, gathered, profileOptions),
    // With a source missing, nobody knows what it would have set.
    ...(gathered.unreadable.length === 0 ? problems : problems.filter(({ code }) => code !== 'missing')),
  ];
  if (all.length > 0) throw new ConfigError(all, profile);

  const origins = [...definitions].map(([name, { exposure }]): VariableOrigin => {
    const state = states.get(name) ?? 'unset';
    const entry = gathered.entry(name);
    const origin = state === 'set' ? entry?.origin : undefined;
    const shadowed = gathered.shadowed(name);
    return {
      name,
      state,
      secret: exposure === 'secret',
      ...(origin === undefined ? {} : { origin }),
      shadowed,
    };
  });
  return { values, profile, origins: Object.freeze(origins) };
}

/** A profile that only a file names was not followed; saying nothing would leave a team believing that it was. */
function profileProblems(
  profile: ResolvedProfile,
  names: readonly string[],
  gathered: Gathered,
  options: ProfileOptions,
): readonly Problem[] {
  const named = (name: string): string | undefined => {
    const entry = gathered.entry(name);
    return entry === undefined || 'fault' in entry ? undefined : entry.value;
  };
  if (resolveProfile(named, options).name === profile.name) return [];
  const deciding = names.find((name) => named(name) !== undefined && named(name) !== '');
  const entry = deciding === undefined ? undefined : gathered.entry(deciding);
  if (deciding === undefined || entry === undefined || entry.origin.source === 'environment') return [];
  return [
    {
      code: 'conflict',
      name: deciding,
      message: `names another profile than ${profile.name}, which was chosen ${profile.reason}`,
      expected: 'a profile that the process environment names: which dotenv files are read depends on it',
      fix: `Set ${deciding} in the process environment, or remove it from ${entry.origin.at}.`,
      origin: entry.origin,
    },
  ];
}
