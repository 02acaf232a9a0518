import type { StandardIssue, StandardSchema } from '@seaworthy/contracts';
import { DbError } from '../db-error.js';

/** Issues beyond these would only repeat themselves row after row. */
const maxIssues = 5;

/**
 * Each row as the schema gives it back.
 *
 * @param before - How many rows came before these, for the message.
 * @throws DbError `result` that names paths, never values.
 */
export async function validateRows<Row>(
  schema: StandardSchema<unknown, Row>,
  rows: readonly unknown[],
  before = 0,
): Promise<Row[]> {
  const valid: Row[] = [];
  for (const [at, row] of rows.entries()) {
    const answer = schema['~standard'].validate(row);
    // Awaiting every row would cost a turn of the event loop each, and most schemas are synchronous.
    const result = answer instanceof Promise ? await answer : answer;
    if (result.issues !== undefined) {
      const places = result.issues.slice(0, maxIssues).map((issue) => `${pathOf(issue)}: ${issue.message}`);
      throw new DbError(
        'result',
        `Row ${before + at + 1} does not fit its schema: ${places.join('; ')}. Correct the statement or the schema.`,
      );
    }
    valid.push(result.value);
  }
  return valid;
}

function pathOf({ path = [] }: StandardIssue): string {
  if (path.length === 0) return 'row';
  return path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
}
