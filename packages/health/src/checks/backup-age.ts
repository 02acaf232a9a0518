import { type DurationInput, type HealthCheck, optionsOf } from '@seaworthy/contracts';
import { HealthError } from '../errors.js';
import { inWords } from '../words.js';
import { ageLimits, judgeAge } from './age-limits.js';

export interface BackupAgeOptions {
  /** From this age of the last good backup on, the check is degraded. @defaultValue '26h' */
  readonly warn?: DurationInput;
  /** From this age on it fails, as it does when there is no backup. @defaultValue '50h' */
  readonly fail?: DurationInput;
}

/** So much the clocks of two machines may differ. */
const skewMs = 300_000;

const readOptions = optionsOf<BackupAgeOptions>('backupAge', { warn: true, fail: true });

/**
 * Checks that there is a good backup and that it is young. The defaults suit a nightly one: two hours late is a warning,
 * missing twice is a failure.
 *
 * @param latest - When the last complete backup was made; `undefined` when there is none.
 * @throws OptionsError for an unknown option or a warning above the failure.
 *
 * @example
 * const latest = async () => {
 *   const newest = (await backups.list()).find((entry) => entry.status === 'complete');
 *   return newest && new Date(newest.manifest.startedAt);
 * };
 * createHealth({ checks: { backup: remote(backupAge(latest), { interval: '10m', critical: false }) } });
 */
export function backupAge(
  latest: (signal: AbortSignal) => PromiseLike<Date | undefined>,
  options: BackupAgeOptions = {},
): HealthCheck<'remote'> {
  const { warn = '26h', fail = '50h' } = readOptions(options);
  const limits = ageLimits('backupAge', warn, fail);
  return {
    kind: 'remote',
    async probe(signal) {
      const madeAt = await latest(signal);
      if (madeAt === undefined || Number.isNaN(madeAt.getTime())) {
        throw new HealthError('There is no backup. Run one and see why the schedule does not.', {
          code: 'HEALTH_LIMIT_REACHED',
        });
      }
      const ageMs = Date.now() - madeAt.getTime();
      const figures = { madeAt: madeAt.toISOString() };
      if (ageMs < -skewMs) {
        const reason = `The last backup is from the future, by ${inWords(-ageMs)}. Set the clock of whoever made it, and make a new one.`;
        return { ...figures, status: 'degraded' as const, reason };
      }
      return judgeAge('The age of the last backup is', ageMs, limits, figures);
    },
  };
}
