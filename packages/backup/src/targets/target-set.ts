import type { Logger } from '@seaworthy/contracts';
import { BackupError } from '../backup-error.js';
import type { BackupTarget, ObjectDigest, StagedObject } from './backup-target.js';
import { discardStaged } from './discard-staged.js';

export interface TargetSetOptions {
  readonly id: string;
  readonly targets: readonly BackupTarget[];
  /** `any` goes on with the targets that are left when one fails. */
  readonly requireTargets: 'all' | 'any';
  readonly logger: Logger;
  /** How long a target may hold up `discard()`. */
  readonly cleanupTimeoutMs: number;
  readonly signal: AbortSignal;
}

/** One object on its way into every target, at the pace of the slowest: what is faster would have to be kept in memory. */
export interface StagedEverywhere {
  write(chunk: Uint8Array): Promise<void>;
  /** Nothing more comes. */
  close(digest: ObjectDigest): void;
}

export interface TargetSet {
  /** Rejects when a target has that key. */
  refuse(key: string): Promise<void>;
  stage(key: string): Promise<StagedEverywhere>;
  /** Gives everything its name, object after object in the order of staging, and the last only when all others are there. */
  commit(): Promise<void>;
  /** Takes everything back, the last object first. */
  discard(): Promise<void>;
}

interface Lane {
  readonly target: BackupTarget;
  readonly staged: StagedObject[];
}

/** The targets of one run, of which all must succeed or at least one. */
export function openTargetSet(options: TargetSetOptions): TargetSet {
  const { id, targets, requireTargets, logger, cleanupTimeoutMs, signal } = options;
  let lanes: readonly Lane[] = targets.map((target) => ({ target, staged: [] }));
  const keys: string[] = [];
  const digests: ObjectDigest[] = [];

  async function inEach(step: (lane: Lane) => Promise<void>): Promise<void> {
    const outcomes = await Promise.allSettled(lanes.map(step));
    const failed = outcomes.flatMap((outcome, at) =>
      outcome.status === 'rejected' ? [{ lane: lanes[at], error: outcome.reason }] : [],
    );
    if (failed.length === 0) return;
    signal.throwIfAborted();
    if (requireTargets === 'all' || failed.length === lanes.length) throw failed[0]?.error;
    for (const { lane, error } of failed) {
      if (lane === undefined) continue;
      logger.warn(`A target failed; the backup goes on without ${lane.target.name}.`, { backup: id, error });
      await discardLane(lane);
    }
    lanes = lanes.filter((lane) => !failed.some((one) => one.lane === lane));
  }

  return {
    refuse: (key) =>
      inEach(async ({ target }) => {
        if ((await target.head(key, { signal })) === undefined) return;
        throw new BackupError(
          `${target.name} has a backup ${id} already, and a backup is never overwritten.`,
          {
            code: 'BACKUP_EXISTS',
            stage: 'prepare',
          },
        );
      }),
    async stage(key) {
      const index = digests.push({ bytes: 0, sha256: '' }) - 1;
      keys.push(key);
      await inEach(async ({ target, staged }) => {
        staged[index] = await target.stage(key, { signal });
      });
      return {
        write: (chunk) => inEach(async ({ staged }) => staged[index]?.write(chunk)),
        close({ bytes, sha256 }) {
          digests[index] = { bytes, sha256 };
        },
      };
    },
    async commit() {
      for (const [index, digest] of digests.entries()) {
        if (index > 0 && index === digests.length - 1) await inEach(refuseGaps);
        await inEach(async ({ staged }) => staged[index]?.commit(digest));
      }
    },
    discard: async () => void (await Promise.all(lanes.map(discardLane))),
  };

  /** What got its name hours ago may have been taken away since: by a hand, or by a rule of the bucket. */
  async function refuseGaps({ target }: Lane): Promise<void> {
    for (const [index, key] of keys.slice(0, -1).entries()) {
      const found = await target.head(key, { signal });
      if (found?.bytes === digests[index]?.bytes) continue;
      throw new BackupError(`${key} is in ${target.name} no longer, so its backup gets no manifest.`, {
        code: 'BACKUP_CORRUPT',
        stage: 'commit',
      });
    }
  }

  async function discardLane({ target, staged }: Lane): Promise<void> {
    try {
      await discardStaged(target, staged, cleanupTimeoutMs);
    } catch (error) {
      logger.warn('What a failed backup had staged could not be removed; a later run will.', {
        backup: id,
        target: target.name,
        error,
      });
    }
  }
}
