import { DbError } from '../../src/index.js';

/** The DbError that a call fails with; anything else fails the test. */
export async function refused(call: Promise<unknown>): Promise<DbError> {
  const outcome = await call.then(
    () => 'it succeeded',
    (error: unknown) => error,
  );
  if (DbError.is(outcome)) return outcome;
  throw new Error('Expected a DbError.', { cause: outcome });
}

export function kindOf(error: unknown): string {
  return DbError.is(error) ? error.kind : 'no DbError';
}
