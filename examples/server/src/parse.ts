import type * as z from 'zod';
import { ApiError, type FieldProblem } from './api-error.js';

/** What the schema makes of `input`, or a 400 that names every field that is wrong. */
export function parse<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input ?? {});
  const errors = result.success
    ? fieldsWithNul(result.data)
    : result.error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message }));
  if (result.success && errors.length === 0) return result.data;
  throw new ApiError(400, 'VALIDATION', 'Some fields are not right.', errors);
}

/** PostgreSQL has no text with the character NUL in it, so no schema has to remember to refuse it. */
function fieldsWithNul(value: unknown, path = ''): readonly FieldProblem[] {
  if (typeof value === 'string') {
    return value.includes('\u0000') ? [{ path, message: 'Leave out the NUL character.' }] : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    fieldsWithNul(item, path === '' ? key : `${path}.${key}`),
  );
}
