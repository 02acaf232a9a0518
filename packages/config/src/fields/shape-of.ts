import type { StandardSchema } from '../standard-schema.js';
import type { TextShape } from '../text-shape.js';

/** What zod 4.2 and later say of themselves (https://standardschema.dev/json-schema), or `undefined`. */
function jsonSchemaOf(schema: StandardSchema): Readonly<Record<string, unknown>> | undefined {
  const converter: unknown = Reflect.get(schema['~standard'], 'jsonSchema');
  if (typeof converter !== 'object' || converter === null || !('input' in converter)) return undefined;
  if (typeof converter.input !== 'function') return undefined;
  try {
    const { $schema, ...made } = converter.input({ target: 'draft-2020-12' });
    return made;
  } catch {
    return undefined; // a transform or a date has no JSON Schema
  }
}

/** The part of a schema's own JSON Schema that is about texts. */
export function textShapeOf(schema: StandardSchema): TextShape {
  const made = jsonSchemaOf(schema);
  if (made?.type !== 'string') return {};
  const kept = ['enum', 'pattern', 'format', 'minLength', 'maxLength', 'allOf'] as const;
  return Object.fromEntries(kept.flatMap((key) => (Object.hasOwn(made, key) ? [[key, made[key]]] : [])));
}

/** A JSON text whose content the schema describes. */
export function jsonShapeOf(schema: StandardSchema | undefined): TextShape {
  const made = schema === undefined ? undefined : jsonSchemaOf(schema);
  return {
    contentMediaType: 'application/json',
    ...(made === undefined ? {} : { contentSchema: made }),
  };
}
