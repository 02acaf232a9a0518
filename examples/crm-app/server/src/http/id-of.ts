import { ApiError } from '@seaworthy-example/server';
import * as z from 'zod';

const params = z.object({ id: z.guid() });

/** The UUID in the path; anything else is the id of nothing. */
export function idOf(given: unknown, code: string): string {
  const result = params.safeParse(given);
  if (result.success) return result.data.id;
  throw new ApiError(404, code, 'There is nothing with this id.');
}
