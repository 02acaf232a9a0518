import { createHash } from 'node:crypto';
import type { RetainableBackup } from './retainable-backup.js';
import type { RetentionRules } from './retention-policy.js';

/** Equal for the same backups under the same rules, in whatever order they were listed; SHA-256 in hex. */
export function listingFingerprint(backups: readonly RetainableBackup[], rules: RetentionRules): string {
  const lines = backups.map(({ id, madeAt, isGood, verified, sources }) =>
    JSON.stringify([id, madeAt ?? null, isGood, verified.toSorted(), sources.toSorted()]),
  );
  return createHash('sha256')
    .update(JSON.stringify([Object.entries(rules).toSorted(), lines.toSorted()]))
    .digest('hex');
}
