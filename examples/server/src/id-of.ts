import * as z from 'zod';
import { ApiError } from './api-error.js';

/**
 * A UUID from the parameters of a path; anything else is the id of nothing, not an error of the database.
 *
 * @throws ApiError 404 with `code`.
 */
export function idOf(params: unknown, code: string, name = 'id'): string {
  const result = z.object({ [name]: z.guid() }).safeParse(params);
  const id = result.success ? result.data[name] : undefined;
  if (id !== undefined) return id;
  throw new ApiError(404, code, 'There is nothing with this id.');
}
