import { OptionsError } from '@seaworthy/contracts';
import { readDefaults, readText } from './evaluate.js';
import { type Field, type FieldDefinition, fieldKey, isField } from './field.js';
import { schemaField } from './fields/schema.js';
import { isHardened, profiles } from './profile.js';
import { publicPrefixes } from './public-prefixes.js';
import { standsInSource } from './secret-options.js';
import { isStandardSchema, type StandardSchema } from './standard-schema.js';

/** The definitions by name, after everything has been refused that could never work or never be safe. */
export function checkFields(
  fields: Readonly<Record<string, Field | StandardSchema>>,
): ReadonlyMap<string, FieldDefinition> {
  if (typeof fields !== 'object' || fields === null) throw refuse('fields must be an object of env.… fields');
  const definitions = new Map<string, FieldDefinition>();
  for (const [name, field] of Object.entries(fields)) definitions.set(name, definitionOf(name, field));
  for (const [name, definition] of definitions) {
    checkName(name, definitions);
    checkPrefix(name, definition);
    checkDefaults(name, definition);
  }
  return definitions;
}

function definitionOf(name: string, field: unknown): FieldDefinition {
  if (isField(field)) return field[fieldKey];
  if (isStandardSchema(field)) return schemaField(field)[fieldKey];
  throw refuse(`fields.${name} must be a field such as env.string(), or a Standard Schema`);
}

/** The same for the members of a whole schema, which may publish what is no secret without saying so. */
export function checkMembers(definitions: ReadonlyMap<string, FieldDefinition>): void {
  for (const [name, definition] of definitions) {
    checkName(name, definitions);
    if (definition.exposure === 'secret') checkPrefix(name, definition);
    checkOwnDefault(name, definition);
  }
}

function checkName(name: string, all: ReadonlyMap<string, FieldDefinition>): void {
  if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name)) {
    throw refuse(`fields.${name}: a name has letters, digits and underscores, and begins with a letter`);
  }
  if (all.has(`${name}_FILE`)) {
    throw refuse(
      `fields.${name}_FILE: ${name}_FILE already names the file of ${name}; give one of them another name`,
    );
  }
}

function checkPrefix(name: string, definition: FieldDefinition): void {
  const prefix = publicPrefixes.find((known) => name.startsWith(known));
  if (prefix === undefined || definition.exposure === 'client') return;
  throw refuse(
    definition.exposure === 'secret'
      ? `fields.${name}: build tools write what begins with ${prefix} into the browser bundle; rename the secret`
      : `fields.${name}: build tools write what begins with ${prefix} into the browser bundle; add .client(), or rename it`,
  );
}

/** A `default()` or `catch()` of the schema holds in every profile, and nothing can limit it to some. */
function checkOwnDefault(name: string, definition: FieldDefinition): void {
  if (!standsInSource(definition)) return;
  throw refuse(
    `fields.${name}: the default or catch of a secret's schema stands in the source code; remove it from the schema`,
  );
}

function checkDefaults(name: string, definition: FieldDefinition): void {
  checkOwnDefault(name, definition);
  if (definition.isProfile === true && definition.defaults.length > 0) {
    throw refuse(
      `fields.${name}: nothing follows a default of the profile; write profile: { unset: 'development' }`,
    );
  }
  for (const fallback of definition.defaults) {
    const { literal, only } = fallback;
    const held = only ?? profiles;
    if (definition.exposure === 'secret' && held.some(isHardened)) {
      throw refuse(
        `fields.${name}: the default of a secret stands in the source code; limit it with { only: ['development', 'test'] }`,
      );
    }
    const parsed = readText(name, definition, definition.format(literal), anyProfile, { ownDefault: true });
    if ('faults' in parsed) throw refuse(`fields.${name}: its default ${parsed.faults[0]?.message}`);
    if (definition.exposure !== 'secret') readDefaults.set(fallback, parsed.value);
  }
}

const anyProfile = { name: 'development', reason: 'to check defaults' } as const;

function refuse(message: string): OptionsError {
  return new OptionsError(`defineConfig: ${message}.`, { code: 'INVALID_OPTION' });
}
