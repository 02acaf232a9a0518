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
import type { LoadOptions } from '../load.js';
import { onDemand } from '../on-demand.js';
import { profileIn } from '../profile.js';
import type { SchemaOutput } from '../standard-schema.js';
import { isOptions } from './accepted-by.js';
import { type SureStart, startSurely } from './start-surely.js';
import { declaredOptions, type SureDeclaration, sureDeclaration } from './sure-declaration.js';

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
  return sure === undefined ? onDemand().declareConfig(given, more).schema : sureSchema(sure);
}

/** What only the full schema does, told of a configuration that it has not read itself when it is asked about one. */
const passedOn = [
  'loadAsync',
  'loadAsyncOrExit',
  'watch',
  'warnings',
  'explain',
  'origins',
  'publicValues',
  'toEnvExample',
  'toMarkdown',
  'toJSONSchema',
] as const satisfies ReadonlyArray<keyof ConfigSchema<object>>;

/** Starts on its own where it can, and has everything else done by the full schema. */
function sureSchema(sure: SureDeclaration): ConfigSchema<object> {
  const started = new WeakMap<object, SureStart>();
  let declared: DeclaredConfig | undefined;
  const full = (): ConfigSchema<object> => {
    declared ??= onDemand().declareConfig(declaredOptions(sure), {});
    return declared.schema;
  };
  const schema: Partial<Record<keyof ConfigSchema<object>, unknown>> = {
    load: (given?: LoadOptions) => start(sure, started, given) ?? full().load(given),
    loadOrExit: (given?: LoadOptions) => start(sure, started, given) ?? full().loadOrExit(given),
    profileOf: (config: object) => started.get(config)?.profile.name ?? full().profileOf(config),
    get exposures() {
      return full().exposures;
    },
  };
  for (const method of passedOn) {
    schema[method] = (given?: object) => {
      const call = full()[method] as (given: unknown) => unknown;
      const start = given && started.get(given);
      if (start !== undefined) declared?.adopt(start);
      return call(given);
    };
  }
  return Object.freeze(schema) as ConfigSchema<object>;
}

/** The configuration, when a start can tell it alone. Stands here and not in the function above, so that V8 compiles it with the file. */
function start(
  { schema, profile }: SureDeclaration,
  started: WeakMap<object, SureStart>,
  given: LoadOptions = {},
): object | undefined {
  if (!isOptions(given, ['env', 'cwd'])) return undefined;
  const { env = process.env, cwd = process.cwd() } = given;
  const start = startSurely(schema, env, cwd, profileIn(env, profile));
  if (start === undefined) return undefined;
  started.set(start.values, start);
  return start.values;
}
