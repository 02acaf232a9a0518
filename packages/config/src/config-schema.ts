import { OptionsError, optionsOf, printToStderr } from '@seaworthy/contracts';
import { ConfigError } from './config-error.js';
import { durationOption } from './duration-option.js';
import { formatEnvExample } from './env-example.js';
import { formatExplanation } from './explanation.js';
import { fetchRemote } from './fetch-remote.js';
import type { Exposure } from './field.js';
import { formatJsonSchema, type JsonSchema } from './json-schema.js';
import {
  type LoadAsyncOptions,
  type LoadFailure,
  type LoadOptions,
  type LoadPlan,
  type LoadResult,
  loadWith,
  planLoad,
  type VariableOrigin,
} from './load.js';
import { formatMarkdown } from './markdown.js';
import type { Problem } from './problem.js';
import type { Profile, ProfileOptions, ResolvedProfile } from './profile.js';
import type { Reader } from './reader.js';
import { formatWarnings } from './report.js';
import { inEnvironment } from './sources/origin.js';
import { isRemote, type RemoteContext } from './sources/source.js';
import type { SureStart } from './start/start-surely.js';
import type { ConfigWatch, WatchOptions } from './watch/config-watch.js';

/** The declared variables of a service. It holds no values. */
export interface ConfigSchema<Values extends object, Client extends keyof Values = never> {
  /**
   * Reads the sources once and gives every value, checked and deeply frozen.
   *
   * @throws ConfigError with every problem there is.
   */
  load(options?: LoadOptions): Values;
  /** Like `load`, for the first line of a service: prints the report, or warnings, to stderr; ends the process with code 1 when it cannot start. */
  loadOrExit(options?: LoadOptions): Values;
  /**
   * Like `load`, with remote sources among the others. They are asked all at once, and then take their place in the order.
   *
   * @throws ConfigError with every problem there is, or the reason of `signal`.
   */
  loadAsync(options?: LoadAsyncOptions): Promise<Values>;
  /** Like `loadAsync`, for the first line of a service: prints the report to stderr and ends the process with code 1. */
  loadAsyncOrExit(options?: LoadAsyncOptions): Promise<Values>;
  /**
   * Like `loadAsync`, and goes on looking: a change that is valid replaces the whole snapshot at once, one that is not
   * leaves it as it is and is told to `rejected`. Close it to end the looking; it keeps no process alive.
   *
   * @throws ConfigError when the configuration is wrong at the start.
   */
  watch(options?: WatchOptions): Promise<ConfigWatch<Values>>;
  /** Which profile `config` was loaded for. */
  profileOf(config: Values): Profile;
  /** What is to be looked at and kept nothing from starting: `unknown` variables when they only warn. Holds no value. */
  warnings(config: Values): readonly Problem[];
  /** Where every value came from and what it shadowed, as text. Shows no value. */
  explain(config: Values): string;
  /** What `explain` prints, as data. */
  origins(config: Values): readonly VariableOrigin[];
  /** The values that were marked with `client()`, and no others. */
  publicValues(config: Values): Readonly<Pick<Values, Client>>;
  /** Who may see each variable, in the order of the schema. */
  readonly exposures: Readonly<Record<string, Exposure>>;
  /** A `.env.example` with every variable. The same schema gives the same bytes. */
  toEnvExample(): string;
  /** A markdown table of every variable. The same schema gives the same bytes. */
  toMarkdown(): string;
  /** A JSON Schema (draft 2020-12) of the environment, for editors and other tools. The same schema gives the same document. */
  toJSONSchema(): JsonSchema;
}

/** What is known about a configuration that was loaded. */
interface Loaded {
  readonly profile: ResolvedProfile;
  readonly origins: readonly VariableOrigin[];
  readonly warnings: readonly Problem[];
}

/** A schema, and the way to tell it of a configuration that was read without it. */
export interface DeclaredConfig {
  readonly schema: ConfigSchema<object>;
  readonly adopt: (start: SureStart) => void;
}

const readOptions = optionsOf<LoadOptions>('load', { env: true, cwd: true, sources: true });
const readAsyncOptions = optionsOf<LoadAsyncOptions>('loadAsync', {
  env: true,
  cwd: true,
  sources: true,
  timeout: true,
  signal: true,
});

export function createSchema(reader: Reader, profileOptions: ProfileOptions): DeclaredConfig {
  const loaded = new WeakMap<object, Loaded>();

  function load(options: LoadOptions = {}): object {
    const plan = planLoad(reader, profileOptions, readOptions(options));
    const remote = plan.sources.find(isRemote);
    if (remote !== undefined) {
      throw new OptionsError(
        `load: the source ${remote.name} is remote and answers later: use await schema.loadAsync().`,
        { code: 'INVALID_OPTION' },
      );
    }
    return remember(loadWith(plan)).values;
  }

  async function loadAsync(options: LoadAsyncOptions = {}): Promise<object> {
    const { timeout = '30s', signal, ...given } = readAsyncOptions(options);
    const timeoutMs = durationOption('loadAsync', 'timeout', timeout, { min: 1 });
    const plan = planLoad(reader, profileOptions, given);
    const remote = await fetchRemote(plan.sources, contextOf(plan), { timeoutMs, signal });
    return remember(loadWith(plan, remote)).values;
  }

  function remember(result: LoadResult | LoadFailure): LoadResult {
    if ('report' in result) throw new ConfigError(result.report, result.problems, result.profile);
    const { values, profile, origins, warnings } = result;
    loaded.set(values, { profile, origins, warnings });
    return result;
  }

  function loadedFrom(config: object): Loaded {
    const known = loaded.get(config);
    if (known !== undefined) return known;
    throw new OptionsError(
      'This configuration was not loaded by this schema: pass what its load() returned.',
      {
        code: 'INVALID_OPTION',
      },
    );
  }

  /** A service that starts this way has no logger yet. */
  function announce(config: object): object {
    const { warnings } = loadedFrom(config);
    if (warnings.length > 0) printToStderr(`${formatWarnings(warnings)}\n`);
    return config;
  }

  const schema = Object.freeze({
    load,
    loadOrExit(options?: LoadOptions) {
      try {
        return announce(load(options));
      } catch (error) {
        return exitWith(error);
      }
    },
    loadAsync,
    loadAsyncOrExit: (options?: LoadAsyncOptions) => loadAsync(options).then(announce, exitWith),
    async watch(options: WatchOptions = {}) {
      const { watchConfig } = await import('./watch/watch-config.js');
      return watchConfig(
        {
          plan: (given) => planLoad(reader, profileOptions, given),
          fetch: (plan, given) => fetchRemote(plan.sources, contextOf(plan), given),
          load: (plan, remote, onFiles) => remember(loadWith(plan, remote, onFiles)),
        },
        options,
      );
    },
    profileOf: (config: object) => loadedFrom(config).profile.name,
    warnings: (config: object) => loadedFrom(config).warnings,
    explain(config: object) {
      const { profile, origins } = loadedFrom(config);
      return formatExplanation(profile, origins);
    },
    origins: (config: object) => loadedFrom(config).origins,
    publicValues(config: object) {
      loadedFrom(config);
      const marked = Object.entries(config).filter(
        ([name]) => reader.definitions.get(name)?.exposure === 'client',
      );
      return Object.freeze(Object.fromEntries(marked));
    },
    get exposures() {
      const names = [...reader.definitions].map(([name, { exposure }]) => [name, exposure] as const);
      return Object.freeze(Object.fromEntries(names));
    },
    toEnvExample: () => formatEnvExample(reader.definitions),
    toMarkdown: () => formatMarkdown(reader.definitions),
    toJSONSchema: () => formatJsonSchema(reader.definitions),
  });
  return {
    schema,
    adopt({ values, profile, states }) {
      const origins = [...reader.definitions].map(([name, { exposure }], at): VariableOrigin => {
        const told = states[at] ?? 'unset';
        const state = told === 'profile' ? 'set' : told;
        const origin = told === 'set' ? { origin: inEnvironment } : {};
        return { name, state, secret: exposure === 'secret', ...origin, shadowed: [] };
      });
      loaded.set(values, { profile, origins: Object.freeze(origins), warnings: [] });
    },
  };
}

function contextOf({ env, cwd, profile, names, isSecret }: LoadPlan): RemoteContext {
  return { env, cwd, profile, names, isSecret };
}

function exitWith(error: unknown): never {
  if (!ConfigError.is(error)) throw error;
  printToStderr(`${error.message}\n`);
  process.exit(1);
}
