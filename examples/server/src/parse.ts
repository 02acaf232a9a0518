import type * as z from 'zod';
import { ApiError } from './api-error.js';

/** What the schema makes of `input`, or a 400 that names every field that is wrong. */
export function parse<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const result = schema.safeParse(input ?? {});
  if (result.success) return result.data;
  const errors = result.error.issues.map(({ path, message }) => ({
    path: path.map(String).join('.'),
    message,
  }));
  throw new ApiError(400, 'VALIDATION', 'Some fields are not right.', errors);
}
