import { ConfigError } from '../config-error.js';
import type { ConfigSchema, DeclaredConfig } from '../config-schema.js';
import type {
  ClientNames,
  ConfigOf,
  ConfigOptions,
  Fields,
  ObjectSchema,
  WholeConfigOf,
  WholeSchemaOptions,
} from '../define-config.js';
import type { LoadFailure, LoadOptions } from '../load.js';
import { onDemand } from '../on-demand.js';
import { profileIn } from '../profile.js';
import type { SchemaOutput } from '../standard-schema.js';
import { isOptions } from './accepted-by.js';
import { type SureStart, startSurely } from './start-surely.js';
import { type SureDeclaration, sureDeclaration } from './sure-declaration.js';

/**
 * Declares the variables of a service, once: their types, rules, secrets and documents. Reads nothing; `load()` does.
 *
 * An object schema of zod or Valibot is accepted whole instead of `fields`; then defaults and rules are that schema's own,
 * and `secrets` names the members that become a `Secret`.
 *
 * @throws OptionsError when a name, a default or a combination can never work; the message repeats no default.
 *
 * @example
 * const schema = defineConfig({
 *   fields: {
 *     PORT: env.port().default(3001).describe('Where the API listens.'),
 *     REDIS_REQUIRED: env.bool().default(false),
 *     REDIS_URL: env.url({ protocols: ['redis:', 'rediss:'] }).secret().optional(),
 *   },
 *   rules: (rule) => [rule.equals('REDIS_REQUIRED', true).requires('REDIS_URL')],
 * });
 * const config = schema.load();
 */
export function defineConfig<const F extends Fields>(
  options: ConfigOptions<F>,
): ConfigSchema<ConfigOf<F>, ClientNames<F> & keyof ConfigOf<F>>;
export function defineConfig<
  Schema extends ObjectSchema,
  const SecretName extends keyof SchemaOutput<Schema> & string = never,
>(
  schema: Schema,
  options?: WholeSchemaOptions<SecretName>,
): ConfigSchema<WholeConfigOf<SchemaOutput<Schema> & object, SecretName>>;
export function defineConfig(
  given: ConfigOptions<Fields> | ObjectSchema,
  more: WholeSchemaOptions = {},
): unknown {
  const sure = sureDeclaration(given);
  return sure === undefined ? onDemand().declareConfig(given, more, fail).schema : sureSchema(sure);
}

/** Starts on its own where it can, and has everything else done by the full schema. */
function sureSchema({ options, schema, profile: profileOptions }: SureDeclaration): ConfigSchema<object> {
  const started = new WeakMap<object, SureStart>();
  let declared: DeclaredConfig | undefined;

  function full(): ConfigSchema<object> {
    declared ??= onDemand().declareConfig(options, {}, fail);
    return declared.schema;
  }

  function start(given: LoadOptions = {}): object | undefined {
    if (!isOptions(given, ['env', 'cwd'])) return undefined;
    const { env = process.env, cwd = process.cwd() } = given;
    const start = startSurely(schema, env, cwd, profileIn(env, profileOptions));
    if (start === undefined) return undefined;
    started.set(start.values, start);
    return start.values;
  }

  /** The full schema, told of a configuration that it has not read itself. */
  function knowing(config: object): ConfigSchema<object> {
    const schema = full();
    const start = started.get(config);
    if (start !== undefined) declared?.adopt(start);
    return schema;
  }

  return Object.freeze({
    load: (given?: LoadOptions) => start(given) ?? full().load(given),
    loadOrExit: (given?: LoadOptions) => start(given) ?? full().loadOrExit(given),
    loadAsync: (given) => full().loadAsync(given),
    loadAsyncOrExit: (given) => full().loadAsyncOrExit(given),
    watch: (given) => full().watch(given),
    profileOf: (config) => started.get(config)?.profile.name ?? full().profileOf(config),
    warnings: (config) => knowing(config).warnings(config),
    explain: (config) => knowing(config).explain(config),
    origins: (config) => knowing(config).origins(config),
    publicValues: (config) => knowing(config).publicValues(config),
    get exposures() {
      return full().exposures;
    },
    toEnvExample: () => full().toEnvExample(),
    toMarkdown: () => full().toMarkdown(),
    toJSONSchema: () => full().toJSONSchema(),
  } satisfies ConfigSchema<object>);
}

function fail({ report, problems, profile }: LoadFailure): never {
  throw new ConfigError(report, problems, profile);
}
