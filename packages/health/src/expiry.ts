import type { Clock, Timer } from '@seaworthy/contracts';

/** A timer that comes so much too late proves that our own loop stood still. */
const lateMs = 50;

/**
 * Calls `expire` when the time of a background call is over and what had arrived by then was read.
 *
 * Timers come before sockets in a turn of the loop, so that after a pause of our own process every answer would be found
 * late. A call that was paused with us gets the time of the pause again, once and at most `timeoutMs`: an answer takes
 * several turns where a connection has to be made first.
 *
 * Unlike `scheduleGivingUp` of contracts, it does not keep the process alive.
 */
export function scheduleExpiry(clock: Clock, expire: () => void, timeoutMs: number): Timer {
  let turn: NodeJS.Immediate | undefined;
  const dueAt = clock.monotonic() + timeoutMs;
  const afterThisTurn = (): void => {
    turn = setImmediate(expire);
  };
  let timer = clock.schedule(() => {
    const lostMs = clock.monotonic() - dueAt;
    if (lostMs > lateMs) timer = clock.schedule(afterThisTurn, Math.min(lostMs, timeoutMs));
    else afterThisTurn();
  }, timeoutMs);
  return {
    cancel() {
      timer.cancel();
      clearImmediate(turn);
    },
  };
}
