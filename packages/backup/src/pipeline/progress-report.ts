import type { Clock } from '@seaworthy/contracts';
import type { BackupProgress } from '../backups.js';
import { throttled } from './throttled.js';

export interface ProgressReport {
  tell(progress: Omit<BackupProgress, 'rawBytesPerSecond'>): void;
  /** Passes on what was held back. */
  finish(): void;
}

/** Tells a listener how far it is and how fast, once a second. The rate is the average since the stage began. */
export function progressReport(
  listener: ((progress: BackupProgress) => void) | undefined,
  clock: Clock,
): ProgressReport {
  const report = throttled<BackupProgress>(listener ?? (() => undefined), clock);
  let stage: BackupProgress['stage'] | undefined;
  let since = clock.monotonic();
  return {
    tell(progress) {
      const now = clock.monotonic();
      if (stage !== undefined && stage !== progress.stage) since = now;
      stage = progress.stage;
      const rate = now > since ? Math.round((progress.rawBytes * 1_000) / (now - since)) : 0;
      report.tell({ ...progress, rawBytesPerSecond: rate });
    },
    finish: report.finish,
  };
}
