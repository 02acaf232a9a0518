import * as z from 'zod';

export const pageSize = 20;

/** The page of a list that a query asks for. */
export const pageNumber = z.coerce.number().int().min(1).max(10_000).default(1);

/** What a person searches for is text, also when it holds a pattern's signs. */
export function containing(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
}
