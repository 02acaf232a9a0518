import { type Clock, type Logger, withDeadline } from '@seaworthy/contracts';
import { removeOrphans } from '../manifest/remove-orphans.js';
import type { BackupTarget } from '../targets/backup-target.js';

export interface TidyOptions {
  readonly targets: readonly BackupTarget[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** What is left of dead runs can wait for the next run; a backup cannot. */
const tidyTimeoutMs = 5 * 60_000;

/** Before a run: ends what dead runs left staged, which takes up room and has no name. */
export async function sweepTargets({ targets, clock, signal }: TidyOptions): Promise<void> {
  for (const target of targets) {
    const bound = { timeoutMs: tidyTimeoutMs, what: 'A sweep', signal, clock };
    await withDeadline((limit) => target.sweep({ signal: limit }), bound).catch(() =>
      signal.throwIfAborted(),
    );
  }
}

/** After a run, because its backup is better than anything that this removes. Never rejects. */
export async function clearOrphans({ targets, clock, logger, signal }: TidyOptions): Promise<void> {
  for (const target of targets) {
    const bound = { timeoutMs: tidyTimeoutMs, what: 'Looking for objects without a manifest', signal, clock };
    try {
      const now = clock.now();
      const removed = await withDeadline((limit) => removeOrphans(target, { now, signal: limit }), bound);
      if (removed.length > 0)
        logger.warn('Objects of runs that died before their manifest were removed.', {
          target: target.name,
          removed,
        });
    } catch (error) {
      if (signal.aborted) return;
      logger.warn('Objects of dead runs could not be looked for.', { target: target.name, error });
    }
  }
}
