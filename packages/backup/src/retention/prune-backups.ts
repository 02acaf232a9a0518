import { BackupError } from '../backup-error.js';
import type { BackupSettings } from '../backup-options.js';
import { removeBackup } from '../manifest/remove-backup.js';
import type { SignalOption } from '../signal-option.js';
import { catalogHistory } from './catalog-history.js';
import { planRetention, type RetentionPlan } from './plan-retention.js';

export interface PruneResult {
  /** Ids that are gone from every target. */
  readonly removed: readonly string[];
  /** What a target would not let go, and why: object lock, a disk that fails. */
  readonly kept: ReadonlyArray<{ readonly id: string; readonly target: string; readonly error: BackupError }>;
}

/** The plan for what is kept now. */
export async function planNow(settings: BackupSettings, options: SignalOption): Promise<RetentionPlan> {
  const { retention, targets, clock } = settings;
  if (retention === undefined) {
    throw new BackupError(
      'There is no retention policy. Give createBackups one: { retention: { keepDays: 30 } }.',
      {
        code: 'RETENTION_MISSING',
        stage: 'prepare',
      },
    );
  }
  const backups = (await catalogHistory(targets, options)).map(({ retainable }) => retainable);
  return planRetention(backups, retention, { now: clock.now() });
}

/**
 * Removes what the plan says, the oldest first, after making the plan once more: it must come out the same.
 *
 * @throws BackupError `RETENTION_STALE` before anything is removed; the reason of `signal`.
 */
export async function pruneBackups(
  settings: BackupSettings,
  plan: RetentionPlan,
  signal: AbortSignal,
): Promise<PruneResult> {
  const { targets, logger } = settings;
  const now = await planNow(settings, { signal });
  const ids = removals(plan);
  const agreed = new Set(removals(now));
  if (plan.fingerprint !== now.fingerprint || ids.some((id) => !agreed.has(id))) {
    throw new BackupError(
      'The backups, or the policy, are no longer those that this plan was made for. Make a new one.',
      {
        code: 'RETENTION_STALE',
        stage: 'prepare',
      },
    );
  }
  const removed: string[] = [];
  const kept: PruneResult['kept'][number][] = [];
  for (const id of ids.toReversed()) {
    const before = kept.length;
    for (const target of targets) {
      signal.throwIfAborted();
      try {
        await removeBackup(target, id, { signal });
      } catch (error) {
        signal.throwIfAborted();
        if (!BackupError.is(error)) throw error;
        kept.push({ id, target: target.name, error });
        logger.warn('Retention could not remove a backup.', { backup: id, target: target.name, error });
      }
    }
    if (kept.length === before) removed.push(id);
  }
  if (removed.length > 0) logger.info('Retention removed old backups.', { removed });
  return { removed, kept };
}

function removals(plan: RetentionPlan): readonly string[] {
  return plan.decisions.filter(({ action }) => action === 'remove').map(({ id }) => id);
}
