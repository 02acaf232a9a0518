import { ApiError } from '@seaworthy-example/server';
import * as z from 'zod';

const id = z.guid();

/** A UUID from the path; anything else is the id of nothing, not an error of the database. */
export function idOf(value: string | undefined, code: string): string {
  const result = id.safeParse(value);
  if (result.success) return result.data;
  throw new ApiError(404, code, 'There is nothing with this id.');
}
