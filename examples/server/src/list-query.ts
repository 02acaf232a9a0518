import * as z from 'zod';

/** Rows on a page of a list. */
export const pageSize = 20;

/** The page of a list that a query asks for. */
export const pageNumber = z.coerce.number().int().min(1).max(10_000).default(1);

/** The text that a query searches for. */
export const searchText = z.string().max(200).optional();

/** The `like` pattern of rows that contain `text`: what a person searches for is text, also when it holds a pattern's signs. */
export function containing(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`;
}
