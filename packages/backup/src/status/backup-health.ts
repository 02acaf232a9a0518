import {
  type Clock,
  type Degraded,
  type DurationInput,
  type HealthCheck,
  invalidOption,
  optionsOf,
  parseDuration,
} from '@seaworthy/contracts';
import { BackupError } from '../backup-error.js';
import type { SignalOption } from '../signal-option.js';
import type { BackupStatus } from './backup-status.js';

export interface BackupHealthOptions {
  /** From this age of the newest backup on, the check is degraded. @defaultValue '26h' */
  readonly warn?: DurationInput;
  /** From this age on it fails, as it does when there is no backup. @defaultValue '50h' */
  readonly fail?: DurationInput;
  /**
   * From this age of the newest backup that was restored with success, the check is degraded; so it is without one.
   * @defaultValue never
   */
  readonly verifiedWarn?: DurationInput;
}

/** What operators see. The names end in `At`, so that health makes them metrics: `health_check_timestamp_seconds`. */
export interface BackupFigures {
  readonly madeAt: string;
  readonly bytes: number;
  readonly verifiedAt?: string;
  readonly lastDrill?: 'passed' | 'failed';
}

const readOptions = optionsOf<BackupHealthOptions>('healthCheck', {
  warn: true,
  fail: true,
  verifiedWarn: true,
});

const hourMs = 3_600_000;

/** See `Backups.healthCheck`. */
export function backupHealth(
  status: (options: SignalOption) => Promise<BackupStatus>,
  clock: Clock,
  options: BackupHealthOptions = {},
): HealthCheck<'remote'> {
  const { warn = '26h', fail = '50h', verifiedWarn } = readOptions(options);
  const [warnMs, failMs] = [parseDuration(warn), parseDuration(fail)];
  if (warnMs > failMs) throw invalidOption('healthCheck', 'warn', 'not above `fail`');
  const verifiedWarnMs = verifiedWarn === undefined ? undefined : parseDuration(verifiedWarn);
  return {
    kind: 'remote',
    async probe(signal): Promise<BackupFigures | (BackupFigures & Degraded)> {
      const { lastBackup, lastVerified, lastDrill, ahead } = await status({ signal });
      if (lastBackup === undefined) throw tooOld('There is no backup');
      const ageMs = clock.now() - lastBackup.madeAt.getTime();
      if (ageMs >= failMs)
        throw tooOld(`The newest backup is ${hours(ageMs)} old; the limit is ${hours(failMs)}`);
      const figures: BackupFigures = {
        madeAt: lastBackup.madeAt.toISOString(),
        bytes: lastBackup.bytes,
        ...(lastVerified === undefined ? {} : { verifiedAt: lastVerified.madeAt.toISOString() }),
        ...(lastDrill === undefined ? {} : { lastDrill: lastDrill.outcome }),
      };
      const reasons: string[] = [];
      if (ageMs >= warnMs) reasons.push(`The newest backup is ${hours(ageMs)} old.`);
      if (lastDrill?.outcome === 'failed') reasons.push('The last drill failed: make a backup and drill it.');
      if (ahead.length > 0)
        reasons.push(`Dated later than now, which halts retention: ${ahead.slice(0, 3).join(', ')}.`);
      const verifiedAgeMs = clock.now() - (lastVerified?.madeAt.getTime() ?? Number.NEGATIVE_INFINITY);
      if (verifiedWarnMs !== undefined && verifiedAgeMs >= verifiedWarnMs) {
        reasons.push(
          lastVerified === undefined
            ? 'No backup was ever restored.'
            : `The newest backup that was restored is ${hours(verifiedAgeMs)} old.`,
        );
      }
      return reasons.length === 0 ? figures : { ...figures, status: 'degraded', reason: reasons.join(' ') };
    },
  };
}

function hours(ms: number): string {
  return ms < 72 * hourMs ? `${Math.floor(ms / hourMs)} hours` : `${Math.floor(ms / (24 * hourMs))} days`;
}

function tooOld(what: string): BackupError {
  return new BackupError(`${what}. Run one and see why the schedule does not.`, {
    code: 'BACKUP_TOO_OLD',
    stage: 'prepare',
  });
}
