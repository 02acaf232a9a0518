import type { Clock } from '@seaworthy/contracts';
import type { PoolConnection, Slot, SlotState } from './slot.js';

/** All connections of a pool by what they are doing, counted as they change. */
export class Slots<C extends PoolConnection> {
  readonly #clock: Clock;
  readonly #all = new Set<Slot<C>>();
  /** The last one in is the first one out: the rest may grow old and be closed. */
  readonly #idle: Slot<C>[] = [];
  readonly #counts: Record<SlotState, number> = { idle: 0, checking: 0, inUse: 0, closing: 0, gone: 0 };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#all.size;
  }

  /** Those that are there to stay. */
  get lasting(): number {
    return this.#all.size - this.#counts.closing;
  }

  get idle(): readonly Slot<C>[] {
    return this.#idle;
  }

  /** The one that became idle last. */
  get freshest(): Slot<C> | undefined {
    return this.#idle.at(-1);
  }

  count(state: SlotState): number {
    return this.#counts[state];
  }

  /** A copy, so that what is done to them may take them out. */
  all(): Slot<C>[] {
    return [...this.#all];
  }

  add(connection: C, expiresAt: number): Slot<C> {
    const slot: Slot<C> = {
      connection,
      expiresAt,
      state: 'gone',
      loan: undefined,
      since: this.#clock.monotonic(),
    };
    this.#all.add(slot);
    return slot;
  }

  /** Moves a connection to another state; `gone` takes it out for good. */
  move(slot: Slot<C>, state: SlotState): void {
    if (slot.state === 'idle') this.#idle.splice(this.#idle.lastIndexOf(slot), 1);
    if (slot.state !== 'gone') this.#counts[slot.state] -= 1;
    if (state !== 'gone') this.#counts[state] += 1;
    else this.#all.delete(slot);
    if (state === 'idle') this.#idle.push(slot);
    slot.state = state;
    slot.since = this.#clock.monotonic();
  }
}
