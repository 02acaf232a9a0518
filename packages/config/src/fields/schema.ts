import { invalidOption } from '@seaworthy/contracts';
import type { PlainField, TextField } from '../field.js';
import { plainField, textField } from '../field-builder.js';
import { invalid, type Parsed } from '../parsed.js';
import {
  isStandardSchema,
  type SchemaInput,
  type SchemaOutput,
  type StandardSchema,
} from '../standard-schema.js';
import { validateWith } from '../validate-with.js';
import { jsonLosses } from './json-losses.js';
import { jsonShapeOf, textShapeOf } from './shape-of.js';
import { coercesNothing, guesses, readTyped, typedText } from './typed-text.js';

/** A field of a schema: text can become a secret, everything else cannot. */
export type SchemaField<Out, Literal> = Out extends string
  ? TextField<Out, Literal>
  : PlainField<Out, Literal>;

/**
 * Text that a zod, Valibot, ArkType or other Standard Schema reads. The schema's own messages are not shown, because they
 * may quote the text. A schema that answers with a promise is refused.
 *
 * For a zod schema of booleans, numbers, bigints or dates the text is read strictly first, with `coerce` or without: left
 * to itself `z.coerce.boolean()` takes `"false"` for true. One that coerces where that is not possible, as in a union, is
 * refused.
 *
 * @example
 * env.schema(z.string().startsWith('sk_')).secret();
 */
export function schemaField<const Schema extends StandardSchema>(
  schema: Schema,
): SchemaField<SchemaOutput<Schema>, string> {
  requireSchema('env.schema', schema);
  if (guesses(schema)) {
    throw invalidOption(
      'env.schema',
      'schema',
      'one that does not coerce behind a union, a lazy schema or another text: zod would read "false" as true. ' +
        'Write z.boolean(), z.number() or z.stringbool() on its own',
    );
  }
  const typed = typedText(schema);
  const field = textField<string, string>({
    kind: 'schema',
    expected: typed?.expected ?? `what its ${schema['~standard'].vendor} schema accepts`,
    parse(text) {
      const read = readTyped(typed, text);
      return 'faults' in read ? read : validateWith(schema, read.value);
    },
    ...(coercesNothing(schema) ? {} : { parseMissing: () => validateWith(schema, undefined) }),
    shape: () => (typed === undefined ? textShapeOf(schema) : { pattern: typed.pattern }),
    format: String,
  });
  return field as unknown as SchemaField<SchemaOutput<Schema>, string>;
}

/**
 * A JSON text, and what a Standard Schema makes of it. Defaults are written as the schema's input.
 *
 * @example
 * env.json(z.object({ beta: z.boolean() })).default({ beta: false });
 */
export function jsonField(): PlainField<unknown, unknown>;
export function jsonField<const Schema extends StandardSchema>(
  schema: Schema,
): PlainField<SchemaOutput<Schema>, SchemaInput<Schema>>;
export function jsonField(schema?: StandardSchema): PlainField<unknown, unknown> {
  if (schema !== undefined) requireSchema('env.json', schema);
  const vendor = schema?.['~standard'].vendor;
  return plainField<unknown, unknown>({
    kind: 'json',
    expected: vendor === undefined ? 'a JSON text' : `a JSON text that its ${vendor} schema accepts`,
    parse(text) {
      const parsed = parseJson(text);
      return 'faults' in parsed || schema === undefined ? parsed : validateWith(schema, parsed.value);
    },
    ...(schema === undefined ? {} : { parseMissing: () => validateWith(schema, undefined) }),
    shape: () => jsonShapeOf(schema),
    format: (literal) => JSON.stringify(literal),
  });
}

/** JSON.parse quotes its input in its message, so nothing of its error is kept. */
function parseJson(text: string): Parsed {
  try {
    const value: unknown = JSON.parse(text);
    const [loss] = jsonLosses(text);
    return loss === undefined
      ? { value }
      : invalid(loss, 'Write each key once, and such a number as a text in quotes.');
  } catch {
    return invalid('is not a JSON text');
  }
}

function requireSchema(owner: string, schema: unknown): asserts schema is StandardSchema {
  if (!isStandardSchema(schema))
    throw invalidOption(owner, 'schema', 'a Standard Schema: zod, Valibot or ArkType');
}
