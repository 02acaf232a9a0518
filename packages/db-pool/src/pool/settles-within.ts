import type { Clock } from '@seaworthy/contracts';

/** Whether `work` settled, either way, within `timeoutMs`. Never rejects, and handles what comes late. */
export function settlesWithin(work: Promise<unknown>, timeoutMs: number, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = clock.schedule(() => resolve(false), timeoutMs, { keepAlive: true });
    const settled = (): void => {
      timer.cancel();
      resolve(true);
    };
    work.then(settled, settled);
  });
}
