import type { Clock } from '@seaworthy/contracts';
import type { FileAuditOptions } from './audit-options.js';
import type { AuditCheckpoint } from './chain.js';

/** Takes checkpoints elsewhere while the log goes on. */
export interface Anchoring {
  take(checkpoint: AuditCheckpoint): void;
  /** Checkpoints that were not taken, as far as it is known. */
  failures(): number;
  /** Resolves when all have ended, or a deadline is over. What has not ended then is a failure. */
  settle(): Promise<void>;
}

/** Of a target that does not answer: the next checkpoint covers what this one did. */
const mostUnderWay = 100;
const settleMs = 5_000;

export function anchoring(anchor: FileAuditOptions['anchor'], clock: Clock): Anchoring {
  const underWay = new Set<Promise<void>>();
  let failures = 0;

  return {
    take(checkpoint) {
      if (anchor === undefined) return;
      if (underWay.size >= mostUnderWay) {
        failures += 1;
        return;
      }
      const attempt: Promise<void> = Promise.resolve()
        .then(() => anchor(checkpoint))
        .catch(() => {
          if (underWay.has(attempt)) failures += 1;
        })
        .then(() => void underWay.delete(attempt));
      underWay.add(attempt);
    },
    failures: () => failures,
    async settle() {
      if (underWay.size === 0) return;
      await new Promise<void>((resolve) => {
        const deadline = clock.schedule(resolve, settleMs, { keepAlive: true });
        void Promise.all(underWay).then(() => {
          deadline.cancel();
          resolve();
        });
      });
      failures += underWay.size;
      underWay.clear();
    },
  };
}
