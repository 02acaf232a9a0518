import { OptionsError, optionsOf, type Secret } from '@seaworthy/contracts';
import { checkFields } from './check-fields.js';
import { createSchema, type DeclaredConfig } from './config-schema.js';
import type { Exposure, Field, fieldKey, SecretOptions } from './field.js';
import { fieldsReader } from './fields-reader.js';
import { isProfile, type ProfileOptions, profiles } from './profile.js';
import { checkRules, type Rule, type RuleBuilder, ruleBuilder } from './rules.js';
import { schemaReader } from './schema-reader.js';
import { isStandardSchema, membersOf, type SchemaOutput, type StandardSchema } from './standard-schema.js';
import { checkUnknownOptions, type UnknownOptions } from './unknown-variables.js';

/** By variable: a field of `env`, or any Standard Schema, which reads the text. */
export type Fields = Readonly<Record<string, Field | StandardSchema>>;

type TypeOf<F> = F extends {
  readonly [fieldKey]: { readonly type?: readonly [infer Out, infer E extends Exposure] };
}
  ? { readonly out: Out; readonly exposure: E }
  : F extends StandardSchema
    ? { readonly out: SchemaOutput<F>; readonly exposure: 'server' }
    : never;

/** The configuration that `fields` give. Every key is there; without a value it is `undefined`. */
export type ConfigOf<F extends Fields> = { readonly [Name in keyof F]: TypeOf<F[Name]>['out'] };

/** The names of the fields that may reach a browser. */
export type ClientNames<F extends Fields> = {
  readonly [Name in keyof F]: TypeOf<F[Name]>['exposure'] extends 'client' ? Name : never;
}[keyof F];

export interface ConfigOptions<F extends Fields> {
  readonly profile?: ProfileOptions;
  readonly fields: F;
  /** Refuses variables that begin like these and are not declared. @defaultValue they are not looked at */
  readonly unknown?: UnknownOptions;
  /** Conditions on several variables. They run even when other variables are wrong. */
  readonly rules?: (rule: RuleBuilder<ConfigOf<F>>) => readonly Rule[];
}

/** A whole object schema that names its members: `z.object({...})` of zod, `v.object({...})` of Valibot. */
export type ObjectSchema = StandardSchema<unknown, object> &
  ({ readonly shape: object } | { readonly entries: object });

export interface WholeSchemaOptions<Name extends string = string> {
  readonly profile?: ProfileOptions;
  /** Refuses variables that begin like these and are not declared. @defaultValue they are not looked at */
  readonly unknown?: UnknownOptions;
  /**
   * The members whose text becomes a `Secret` and is checked like one: at least 32 bytes unless `minBytes` says otherwise,
   * and no placeholder in staging and production.
   */
  readonly secrets?: { readonly [N in Name]?: SecretOptions };
}

/** What a whole schema gives, with the named members as secrets. */
export type WholeConfigOf<Out extends object, SecretName> = {
  readonly [Name in keyof Out]: Name extends SecretName
    ? undefined extends Out[Name]
      ? Secret | undefined
      : Secret
    : Out[Name];
};

const readOptions = optionsOf<ConfigOptions<Fields>>('defineConfig', {
  profile: true,
  fields: true,
  rules: true,
  unknown: true,
});
const readWholeOptions = optionsOf<WholeSchemaOptions>('defineConfig', {
  profile: true,
  secrets: true,
  unknown: true,
});
const readProfileOptions = optionsOf<ProfileOptions>('defineConfig: profile', { from: true, unset: true });

/** Checks what was declared. The types stand in `start/define-config.ts`, which starts without this where it can. */
export function declareConfig(
  given: ConfigOptions<Fields> | ObjectSchema,
  more: WholeSchemaOptions,
): DeclaredConfig {
  if (isStandardSchema(given)) {
    const members = membersOf(given);
    if (members === undefined) {
      throw new OptionsError(
        'defineConfig takes a schema whole only when it names its members, as z.object({...}) does.',
        {
          code: 'INVALID_OPTION',
        },
      );
    }
    const { profile = {}, secrets, unknown } = readWholeOptions(more);
    const reader = schemaReader(given, members, {
      secrets,
      unknown: unknown && checkUnknownOptions(unknown),
    });
    return createSchema(reader, checkProfileOptions(profile));
  }
  const { fields, rules, unknown, profile = {} } = readOptions(given);
  const definitions = checkFields(fields);
  const builder = ruleBuilder<Record<string, unknown>>((owner, name) => {
    if (definitions.has(name)) return;
    throw new OptionsError(`${owner}: there is no field "${name}".`, { code: 'UNKNOWN_OPTION' });
  });
  const made = rules === undefined ? [] : checkRules(rules(builder));
  const reader = fieldsReader(definitions, made, unknown && checkUnknownOptions(unknown));
  return createSchema(reader, checkProfileOptions(profile));
}

function checkProfileOptions(options: ProfileOptions): ProfileOptions {
  const { from, unset } = readProfileOptions(options);
  if (from !== undefined && (!Array.isArray(from) || from.length === 0)) {
    throw new OptionsError('defineConfig: profile.from must be a list of variables.', {
      code: 'INVALID_OPTION',
    });
  }
  if (unset !== undefined && !isProfile(unset)) {
    throw new OptionsError(`defineConfig: profile.unset must be one of ${profiles.join(', ')}.`, {
      code: 'INVALID_OPTION',
    });
  }
  return options;
}
