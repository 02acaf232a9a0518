import { type Clock, sleep } from '@seaworthy/contracts';

export interface QuietWaitOptions {
  readonly quietMs: number;
  readonly maxMs: number;
  readonly clock: Clock;
  /** Whether there was traffic since the last call. */
  readonly active: () => boolean;
  /** Whether a connection has just come and not yet said what for. */
  readonly expecting: () => boolean;
}

/** A tick that comes so much too late proves that the loop was busy, not that nobody asked. */
const lateMs = 50;

/**
 * Resolves with `true` when there was no traffic for `quietMs`, or with `false` after `maxMs`.
 *
 * Load balancers need an unknown time to notice that a backend leaves, and a closed listener refuses whatever they still
 * send. So not a fixed delay, but the end of the traffic itself. Only ticks on time count as quiet: on a starved machine
 * requests wait in the socket while nobody looks.
 */
export async function quietWait(options: QuietWaitOptions): Promise<boolean> {
  const { quietMs, maxMs, clock, active, expecting } = options;
  const startedAt = clock.monotonic();
  const tickMs = Math.min(100, Math.max(10, quietMs / 10));
  let quietForMs = 0;
  let lastTick = startedAt;
  active(); // what came before does not count
  // An expected request holds the end and not the count: a prober's connections must not look like traffic.
  while (quietForMs < quietMs || (quietMs > 0 && expecting())) {
    if (clock.monotonic() - startedAt >= maxMs) return false;
    await sleep(clock, tickMs);
    const now = clock.monotonic();
    const elapsedMs = now - lastTick;
    lastTick = now;
    if (active()) quietForMs = 0;
    else if (elapsedMs <= tickMs + lateMs) quietForMs += elapsedMs;
  }
  return true;
}
