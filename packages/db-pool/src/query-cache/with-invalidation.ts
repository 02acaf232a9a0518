import type { DbTransaction } from '../session/transaction.js';
import type { CachedTransaction } from './query-cache.js';

/** A transaction that collects, at any depth of savepoints, what is to be dropped at its end. */
export function withInvalidation(tx: DbTransaction, tags: Set<string>): CachedTransaction {
  return {
    ...tx,
    invalidate(...added) {
      for (const tag of added) tags.add(tag);
    },
    transaction: (work) => tx.transaction((inner) => work(withInvalidation(inner, tags))),
  };
}
