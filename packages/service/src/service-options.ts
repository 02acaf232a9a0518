import type { ConfigSchema, LoadAsyncOptions, Profile } from '@seaworthy/config';
import type { LoggerOptions, ServiceLogger } from '@seaworthy/logging';

export interface ServiceOptions<Values extends object> {
  /** What the service is called in logs, health and errors: `kpi-backend`. */
  readonly name: string;
  /** The release that runs. */
  readonly version: string;
  /** The declared variables, from `defineConfig`. Loaded first, so that every problem is known before anything opens. */
  readonly config: Pick<ConfigSchema<Values>, 'load' | 'loadAsync' | 'profileOf'>;
  /**
   * Where the configuration is read from; remote sources such as Vault may be among the sources, and are waited for.
   *
   * @defaultValue what `load()` reads: the environment and dotenv files
   */
  readonly sources?: LoadAsyncOptions;
  /** Level, sinks and redaction of the logger. @defaultValue () => ({}) */
  readonly logging?: (config: Values) => Omit<LoggerOptions, 'service' | 'environment' | 'process'>;
  /** `false`: SIGTERM, SIGINT and crashes are somebody else's business, who calls `close()`. @defaultValue true */
  readonly signals?: boolean;
}

/** What every step finds. */
export interface BaseContext<Values> {
  readonly name: string;
  readonly version: string;
  /** The profile that the configuration was loaded for. */
  readonly environment: Profile;
  readonly config: Values;
  readonly logger: ServiceLogger;
}
