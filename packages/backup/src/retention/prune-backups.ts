import { BackupError } from '../backup-error.js';
import type { BackupSettings } from '../backup-options.js';
import { removeBackup } from '../manifest/remove-backup.js';
import type { SignalOption } from '../signal-option.js';
import { catalogHistory, type DrilledBackup } from './catalog-history.js';
import { lastCopies } from './last-copies.js';
import { planRetention, type RetentionPlan } from './plan-retention.js';

export interface PruneResult {
  /** Ids that are gone from every target. */
  readonly removed: readonly string[];
  /** What stays in a target, and why: object lock, a disk that fails, or that it has no newer one. */
  readonly kept: ReadonlyArray<{ readonly id: string; readonly target: string; readonly error: BackupError }>;
}

/** The plan for what is kept now. */
export async function planNow(settings: BackupSettings, options: SignalOption): Promise<RetentionPlan> {
  return planOf(settings, await catalogHistory(settings.targets, options));
}

function planOf({ retention, clock }: BackupSettings, history: readonly DrilledBackup[]): RetentionPlan {
  if (retention === undefined) {
    throw new BackupError(
      'There is no retention policy. Give createBackups one: { retention: { keepDays: 30 } }.',
      {
        code: 'RETENTION_MISSING',
        stage: 'prepare',
      },
    );
  }
  const backups = history.map(({ retainable }) => retainable);
  return planRetention(backups, retention, { now: clock.now() });
}

/**
 * Removes what the plan says, the oldest first, after making the plan once more: it must come out the same. From no target the newest
 * good backup that it has is removed.
 *
 * @throws BackupError `RETENTION_STALE` before anything is removed; the reason of `signal`.
 */
export async function pruneBackups(
  settings: BackupSettings,
  plan: RetentionPlan,
  signal: AbortSignal,
): Promise<PruneResult> {
  const { targets, logger } = settings;
  const history = await catalogHistory(targets, { signal });
  const now = planOf(settings, history);
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
  const last = lastCopies(history);
  for (const id of ids.toReversed()) {
    const before = kept.length;
    for (const target of targets) {
      signal.throwIfAborted();
      try {
        if (last.get(target.name)?.has(id) === true) throw lastCopy(id, target.name);
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

function lastCopy(id: string, target: string): BackupError {
  return new BackupError(
    `No rule wants ${id}, and it is the newest good backup that ${target} has, so it stays there. See why newer ones do not arrive.`,
    { code: 'RETENTION_LAST_COPY', stage: 'write' },
  );
}

function removals(plan: RetentionPlan): readonly string[] {
  return plan.decisions.filter(({ action }) => action === 'remove').map(({ id }) => id);
}
