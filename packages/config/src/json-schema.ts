import { expectedOf } from './evaluate.js';
import type { FieldDefinition } from './field.js';
import { describeDefaults, requirement } from './field-text.js';
import { type TextShape, textPatterns } from './text-shape.js';

/** One variable in a {@link JsonSchema}. */
export interface JsonSchemaProperty extends TextShape {
  readonly type: 'string';
  readonly description: string;
  readonly default?: string;
  /** A secret: it is set, and never shown. */
  readonly writeOnly?: true;
}

/** The environment of a service as an object of texts; what is empty counts as not set, and so is not in it. */
export interface JsonSchema {
  readonly $schema: 'https://json-schema.org/draft/2020-12/schema';
  readonly type: 'object';
  readonly properties: Readonly<Record<string, JsonSchemaProperty>>;
  /** What has to be set in every profile. */
  readonly required: readonly string[];
}

const ofKind: Readonly<Record<string, TextShape>> = {
  int: { pattern: textPatterns.int },
  port: { pattern: '^[0-9]{1,5}$' },
  number: { pattern: textPatterns.number },
  bool: { pattern: textPatterns.bool },
  duration: { pattern: '^([0-9]+(\\.[0-9]+)?(ms|w|d|h|m|s))+$' },
  bytes: { pattern: '^[0-9]+(\\.[0-9]+)?([bB]|[kKmMgGtT]([iI]?[bB])?)?$' },
  email: { format: 'email' },
  origin: { format: 'uri', pattern: '^https?://[^/?#@]+$' },
};

/** The same schema of a configuration gives the same document, in the order of its fields. */
export function formatJsonSchema(definitions: ReadonlyMap<string, FieldDefinition>): JsonSchema {
  const properties: Record<string, JsonSchemaProperty> = {};
  for (const [name, definition] of definitions) {
    Object.defineProperty(properties, name, { value: propertyOf(definition), enumerable: true });
  }
  const required = [...definitions].filter(([, definition]) => requirement(definition) === 'required');
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties,
    required: required.map(([name]) => name),
  };
}

function propertyOf(definition: FieldDefinition): JsonSchemaProperty {
  const { kind, description, exposure, defaults, format, isProfile } = definition;
  const forAll = exposure === 'secret' ? undefined : defaults.find(({ only }) => only === undefined);
  const special = describeDefaults(definition).filter(({ profiles }) => profiles !== 'every profile');
  const about = [
    ...(description === '' ? [] : [description]),
    `${expectedOf(definition)}; ${requirement(definition)}`,
    ...special.map(({ profiles, text }) => `in ${profiles}: ${text}`),
  ];
  // What names the profile may hold any text: an unknown one is production, and no fault.
  const shape = isProfile === true ? {} : (definition.shape?.() ?? ofKind[kind]);
  return {
    type: 'string',
    description: about.join('\n'),
    ...shape,
    ...(forAll === undefined ? {} : { default: format(forAll.literal) }),
    ...(exposure === 'secret' ? { writeOnly: true as const } : {}),
  };
}
