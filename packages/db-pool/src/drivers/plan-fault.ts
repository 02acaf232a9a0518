import { DbError } from '../db-error.js';

/**
 * Why a prepared statement may have failed though its text is right. `missing` and `taken`: the server's copy is not what was prepared, as
 * behind a pooler. `reshaped`: columns or types that it was planned with are gone. `typed`: its values have the types that its columns had
 * when it was prepared, which ends with a value that the new type would take, when it is not the value that is wrong.
 */
export type PlanFault = 'missing' | 'taken' | 'reshaped' | 'typed';

/** No such function or operator; expressions of another type than their column. */
const typedStates: ReadonlySet<string> = new Set(['42883', '42804', '42846']);

export function planFaultOf(error: unknown): PlanFault | undefined {
  if (!DbError.is(error)) return undefined;
  const { sqlState = '', message } = error;
  if (sqlState === '26000') return 'missing';
  if (sqlState === '42P05') return 'taken';
  if (sqlState === '0A000' && message.includes('cached plan')) return 'reshaped';
  if (sqlState === 'XX000' && message.includes('cache lookup failed')) return 'reshaped';
  return sqlState.startsWith('22') || typedStates.has(sqlState) ? 'typed' : undefined;
}

/** For a transaction that failed so: run again, it finds nothing outdated. */
export function tableChanged(error: unknown): DbError {
  const sqlState = DbError.is(error) ? error.sqlState : undefined;
  return new DbError(
    'serialization',
    `A table has changed since this statement was prepared (code ${sqlState}); run the transaction again.`,
    { sqlState },
  );
}
