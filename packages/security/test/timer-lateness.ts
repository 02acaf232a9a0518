import { percentile } from './percentile.js';

/**
 * What this machine does to a timer of 5 ms that nothing of ours hangs on: the part of a wait that is not ours.
 *
 * @returns the 99th percentile of how late it was, in milliseconds, when it is stopped.
 */
export function measureTimerLateness(): () => number {
  const late: number[] = [];
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const began = performance.now();
    timer = setTimeout(() => {
      late.push(Math.max(0, performance.now() - began - 5));
      arm();
    }, 5);
  };
  arm();
  return () => {
    clearTimeout(timer);
    return late.length === 0 ? 0 : percentile(late, 99);
  };
}
