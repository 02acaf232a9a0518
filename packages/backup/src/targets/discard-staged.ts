import { withDeadline } from '@seaworthy/contracts';
import type { BackupTarget, StagedObject } from './backup-target.js';

/** A target that is out of reach holds up the end of a run, and of `close()`, for so long. */
export const cleanupMs = 30_000;

/**
 * Takes back what was staged in one target, the last first and no further than it goes: the manifest is last, and nothing may look
 * like a backup whose parts are gone.
 *
 * @throws what the target rejects with; DeadlineError after `timeoutMs`, by the clock of the machine.
 */
export async function discardStaged(
  { name }: BackupTarget,
  staged: readonly (StagedObject | undefined)[],
  timeoutMs: number,
): Promise<void> {
  await withDeadline(
    async (signal) => {
      for (const object of staged.toReversed()) await object?.discard({ signal });
    },
    { timeoutMs, what: `Removing what was staged in ${name}` },
  );
}
