import type { DurationInput } from '@seaworthy/contracts';
import { sourceProblem } from './evaluate.js';
import type { RemoteReadings } from './fetch-remote.js';
import { failedReading, type Gathered, gather } from './gather.js';
import { isServiceLink, type Undeclared } from './misspelt.js';
import type { Problem } from './problem.js';
import {
  type Profile,
  type ProfileOptions,
  profileIn,
  profileNames,
  type ResolvedProfile,
  resolveProfile,
} from './profile.js';
import type { Reader } from './reader.js';
import { formatReport } from './report.js';
import { createFileReader, type RecordedReader } from './sources/file-reader.js';
import { inEnvironment, type Origin } from './sources/origin.js';
import type { RemoteContext, RemoteSource, Source } from './sources/source.js';
import { defaultSources } from './sources/sources.js';

export interface LoadOptions {
  /** @defaultValue process.env, as it is at the time of the call */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The folder that relative paths are seen from. @defaultValue process.cwd() */
  readonly cwd?: string;
  /** Asked in this order; later wins. @defaultValue [sources.dotenv(), sources.env(), sources.files()] */
  readonly sources?: readonly Source[];
}

export interface LoadAsyncOptions extends Omit<LoadOptions, 'sources'> {
  /** Asked in this order; later wins. @defaultValue [sources.dotenv(), sources.env(), sources.files()] */
  readonly sources?: readonly (Source | RemoteSource)[];
  /** No remote source may take longer, whatever its own bound. @defaultValue '30s' */
  readonly timeout?: DurationInput;
  /** Gives up early, with its own reason. */
  readonly signal?: AbortSignal;
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
  readonly warnings: readonly Problem[];
  /** What won, to see what changed since. Holds secrets: never to leave the process, nor to be shown. */
  readonly texts: ReadonlyMap<string, string>;
}

/** What a {@link ConfigError} is made of. */
export interface LoadFailure {
  readonly report: string;
  readonly problems: readonly Problem[];
  readonly profile: Profile;
}

/** What a load stands on, before anything is read. */
export interface LoadPlan extends RemoteContext {
  readonly reader: Reader;
  readonly resolved: ResolvedProfile;
  readonly profileOptions: ProfileOptions;
  readonly sources: readonly (Source | RemoteSource)[];
}

/** Decides the profile and names what will be asked for. */
export function planLoad(
  reader: Reader,
  profileOptions: ProfileOptions,
  options: Pick<LoadAsyncOptions, 'env' | 'cwd' | 'sources'>,
): LoadPlan {
  const { env = process.env, cwd = process.cwd(), sources = defaultSources() } = options;
  const resolved = profileIn(env, profileOptions);
  const { definitions } = reader;
  return {
    reader,
    profileOptions,
    env,
    cwd,
    sources,
    resolved,
    profile: resolved.name,
    names: [...new Set([...definitions.keys(), ...profileNames(profileOptions)])],
    isSecret: (name) => definitions.get(name)?.exposure === 'secret',
  };
}

/** More swaps than this during one load are no rotation. */
const mostTries = 20;

/**
 * Reads all sources, then all variables, and gives the values or everything that is wrong. `onFiles` is told which files
 * were read.
 */
export function loadWith(
  plan: LoadPlan,
  remote: RemoteReadings = new Map(),
  onFiles: (files: RecordedReader) => void = () => undefined,
): LoadResult | LoadFailure {
  const { reader, profileOptions, env, resolved: profile } = plan;
  const { definitions } = reader;
  const gathered = gatherWhole(plan, remote, onFiles);

  const undeclared = () => undeclaredIn(env, gathered, plan.names);
  const { values, problems, states, warnings } = reader.read({ profile, gathered, undeclared });
  const all = [
    ...gathered.unreadable.map(sourceProblem),
    ...profileProblems(profile, profileNames(profileOptions), gathered, profileOptions),
    // With a source missing, nobody knows what it would have set.
    ...(gathered.unreadable.length === 0 ? problems : problems.filter(({ code }) => code !== 'missing')),
  ];
  if (all.length > 0) return { report: formatReport(all, profile), problems: all, profile: profile.name };

  const texts = new Map<string, string>();
  const origins = [...definitions].map(([name, { exposure }]): VariableOrigin => {
    const state = states.get(name) ?? 'unset';
    const entry = gathered.entry(name);
    if (entry !== undefined && 'value' in entry && entry.value !== '') texts.set(name, entry.value);
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
  return { values, profile, origins: Object.freeze(origins), warnings, texts };
}

/** Reads again when a volume was swapped meanwhile, so that no load mixes two generations of it. */
function gatherWhole(plan: LoadPlan, remote: RemoteReadings, onFiles: (files: RecordedReader) => void) {
  const { env, cwd, profile, names, isSecret, sources } = plan;
  for (let tries = 1; ; tries += 1) {
    const files = createFileReader();
    const gathered = gather({ env, cwd, profile, names, isSecret, sources, files, remote });
    if (files.torn && tries < mostTries) continue;
    onFiles(files);
    if (!files.torn) return gathered;
    const torn = failedReading({ name: 'files' }, 'a mounted volume was swapped each time that it was read');
    return { ...gathered, unreadable: [...gathered.unreadable, ...(torn.unreadable ?? [])] };
  }
}

/** What the environment and the sources set beyond the declared variables and their `X_FILE`. */
function undeclaredIn(
  env: LoadPlan['env'],
  gathered: Gathered,
  names: readonly string[],
): readonly Undeclared[] {
  const known = new Set(names.flatMap((name) => [name, `${name}_FILE`]));
  const found = new Map<string, Undeclared>();
  const add = (name: string, text: string, origin: Origin): void => {
    if (!known.has(name)) found.set(name, { name, origin, serviceLink: isServiceLink(name, text) });
  };
  for (const [name, text = ''] of Object.entries(env)) if (text !== '') add(name, text, inEnvironment);
  for (const entry of gathered.all()) add(entry.name, 'value' in entry ? entry.value : '', entry.origin);
  return [...found.values()];
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
  if (resolveProfile(names.map(named), options).name === profile.name) return [];
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
