import type { Clock } from '@seaworthy/contracts';
import { Alarm } from './alarm.js';
import type { Farewells } from './farewells.js';
import type { PoolConnection, Slot } from './slot.js';
import type { Slots } from './slots.js';

export interface ReaperOptions<C extends PoolConnection> {
  readonly slots: Slots<C>;
  readonly farewells: Farewells<C>;
  readonly clock: Clock;
  readonly min: number;
  readonly idleTimeoutMs: number;
  /** Connections were closed: others may have to be made. */
  readonly onReaped: () => void;
}

/** Closes idle connections that nobody needs or that are too old. One timer for all of them. */
export class Reaper<C extends PoolConnection> {
  readonly #options: ReaperOptions<C>;
  readonly #alarm: Alarm;

  constructor(options: ReaperOptions<C>) {
    this.#options = options;
    this.#alarm = new Alarm(options.clock, () => this.#reap());
  }

  /** To be called when a connection has become idle. */
  arm(now: number): void {
    const { slots } = this.#options;
    if (this.#alarm.isSet || slots.idle.length === 0) return;
    let nextAt = Number.POSITIVE_INFINITY;
    for (const slot of slots.idle) nextAt = Math.min(nextAt, this.#reapableAt(slot));
    // At least a second apart: `min` may keep connections beyond their idle time, and they must not spin the timer.
    this.#alarm.set(Math.max(nextAt - now, 1_000));
  }

  stop(): void {
    this.#alarm.cancel();
  }

  #reapableAt(slot: Slot<C>): number {
    return Math.min(slot.since + this.#options.idleTimeoutMs, slot.expiresAt);
  }

  #reap(): void {
    const { clock, slots, farewells, min, onReaped } = this.#options;
    const now = clock.monotonic();
    for (const slot of [...slots.idle]) {
      const spare = slots.lasting > min;
      if (now >= slot.expiresAt || (spare && now >= this.#reapableAt(slot))) farewells.retire(slot);
    }
    onReaped();
    this.arm(now);
  }
}
