import { writeSync } from 'node:fs';
import { OptionsError, optionsOf } from '@seaworthy/contracts';
import { ConfigError } from './config-error.js';
import { formatEnvExample } from './env-example.js';
import { formatExplanation } from './explanation.js';
import { type LoadOptions, loadWith, type VariableOrigin } from './load.js';
import { formatMarkdown } from './markdown.js';
import type { Profile, ProfileOptions, ResolvedProfile } from './profile.js';
import type { Reader } from './reader.js';

/** The declared variables of a service. It holds no values. */
export interface ConfigSchema<Values extends object, Client extends keyof Values = never> {
  /**
   * Reads the sources once and gives every value, checked and deeply frozen.
   *
   * @throws ConfigError with every problem there is.
   */
  load(options?: LoadOptions): Values;
  /** Like `load`, for the first line of a service: prints the report to stderr and ends the process with code 1. */
  loadOrExit(options?: LoadOptions): Values;
  /** Which profile `config` was loaded for. */
  profileOf(config: Values): Profile;
  /** Where every value came from and what it shadowed, as text. Shows no value. */
  explain(config: Values): string;
  /** What `explain` prints, as data. */
  origins(config: Values): readonly VariableOrigin[];
  /** The values that were marked with `client()`, and no others. */
  publicValues(config: Values): Readonly<Pick<Values, Client>>;
  /** A `.env.example` with every variable. The same schema gives the same bytes. */
  toEnvExample(): string;
  /** A markdown table of every variable. The same schema gives the same bytes. */
  toMarkdown(): string;
}

/** What is known about a configuration that was loaded. */
interface Loaded {
  readonly profile: ResolvedProfile;
  readonly origins: readonly VariableOrigin[];
}

const readOptions = optionsOf<LoadOptions>('load', { env: true, cwd: true, sources: true });

export function createSchema(reader: Reader, profileOptions: ProfileOptions): ConfigSchema<object> {
  const loaded = new WeakMap<object, Loaded>();

  function load(options: LoadOptions = {}): object {
    const { values, profile, origins } = loadWith(reader, profileOptions, readOptions(options));
    loaded.set(values, { profile, origins });
    return values;
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

  return Object.freeze({
    load,
    loadOrExit(options?: LoadOptions) {
      try {
        return load(options);
      } catch (error) {
        if (!ConfigError.is(error)) throw error;
        printLast(`${error.message}\n`);
        process.exit(1);
      }
    },
    profileOf: (config: object) => loadedFrom(config).profile.name,
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
    toEnvExample: () => formatEnvExample(reader.definitions),
    toMarkdown: () => formatMarkdown(reader.definitions),
  });
}

/** Synchronous, because the process ends next; a stderr that is closed must not keep it from ending. */
function printLast(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // Nowhere to say it. The exit code still does.
  }
}
