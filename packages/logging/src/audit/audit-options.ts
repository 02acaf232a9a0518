import type { KeyObject } from 'node:crypto';
import { type Clock, optionsOf, wholeNumber } from '@seaworthy/contracts';
import { createRedactor, type LogRedactor } from '../redaction/redactor.js';
import { AuditError } from './audit-error.js';
import type { AuditCheckpoint, SigningKey } from './chain.js';

/** What both kinds of audit log are made with. */
export interface AuditOptions {
  /** Signs checkpoints: an Ed25519 private key. Keep the public one for {@link verifyAudit}. */
  readonly key: SigningKey;
  /** The public keys of those that signed before `key`: a purge goes by what they signed, too. @defaultValue [] */
  readonly formerKeys?: ReadonlyArray<KeyObject | string>;
  /** Where it runs. In `production` a shorter retention than 365 days is refused. */
  readonly environment: string;
  /** Days for which no record is purged. @defaultValue 365 */
  readonly retentionDays?: number;
  /** Records between two checkpoints; above 1000, give `verifyAudit` so many plus 1000 as `maxUnsigned`. @defaultValue 1000 */
  readonly checkpointEvery?: number;
  /** Takes secrets out. @defaultValue names and looks of secrets, but not e-mail addresses */
  readonly redactor?: LogRedactor;
  /** @defaultValue systemClock */
  readonly clock?: Clock;
}

export interface FileAuditOptions extends AuditOptions {
  /** The folder. One process writes to it, a file a day; it is kept by `audit.lock`. */
  readonly folder: string;
  /** Milliseconds after which new records get a checkpoint, however few they are. @defaultValue 60000 */
  readonly checkpointMs?: number;
  /**
   * Takes each checkpoint to where this machine cannot change it: an object store with a lock, another team's log. A failure is
   * counted, and the next checkpoint covers what this one did; so is one that comes while a hundred are under way. @defaultValue none
   */
  readonly anchor?: (checkpoint: AuditCheckpoint) => Promise<unknown>;
  /** Records that may wait for the disk; beyond it `record` rejects. @defaultValue 10000 */
  readonly maxWaiting?: number;
}

export const auditOptionNames = {
  key: true,
  formerKeys: true,
  environment: true,
  retentionDays: true,
  checkpointEvery: true,
  redactor: true,
  clock: true,
} as const;

export const readFileAuditOptions = optionsOf<FileAuditOptions>('createAuditLog', {
  ...auditOptionNames,
  folder: true,
  checkpointMs: true,
  anchor: true,
  maxWaiting: true,
});

/** What the law of many places, and both guides, ask for. */
const shortestInProduction = 365;

/** The retention. @throws AuditError `AUDIT_RETENTION` when it is shorter than a year in production */
export function retentionOf({ retentionDays = 365, environment }: AuditOptions): number {
  wholeNumber('createAuditLog', 'retentionDays', retentionDays, { min: 1 });
  if (environment === 'production' && retentionDays < shortestInProduction) {
    throw new AuditError(
      `An audit log is kept for at least ${shortestInProduction} days in production; retentionDays is ${retentionDays}.`,
      { code: 'AUDIT_RETENTION' },
    );
  }
  return retentionDays;
}

/** @throws AuditError `AUDIT_RETENTION` when `days` is shorter than the retention */
export function purgeable(days: number, retentionDays: number): void {
  wholeNumber('purge', 'olderThanDays', days);
  if (days >= retentionDays) return;
  throw new AuditError(
    `Audit records are kept for ${retentionDays} days; purging after ${days} is refused.`,
    {
      code: 'AUDIT_RETENTION',
    },
  );
}

/** An audit trail has to name people; it is read by few. */
export function auditRedactor(): LogRedactor {
  return createRedactor({ values: ['jwt', 'bearer', 'card', 'privateKey'] });
}
