import type { PoolConnection, Slot, SlotState } from './slot.js';

/** All connections of a pool by what they are doing, counted as they change. */
export class Slots<C extends PoolConnection> {
  readonly #all = new Set<Slot<C>>();
  /** The last one in is the first one out: the rest may grow old and be closed. */
  readonly #idle: Slot<C>[] = [];
  readonly #counts: Record<SlotState, number> = { idle: 0, checking: 0, inUse: 0, closing: 0, gone: 0 };

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
    return this.#idle[this.#idle.length - 1];
  }

  count(state: SlotState): number {
    return this.#counts[state];
  }

  /** A copy, so that what is done to them may take them out. */
  all(): Slot<C>[] {
    return [...this.#all];
  }

  add(slot: Slot<C>): void {
    this.#all.add(slot);
  }

  /** Moves a connection to another state; `gone` takes it out for good. */
  move(slot: Slot<C>, state: SlotState, now: number): void {
    if (slot.state === 'idle') this.#takeFromIdle(slot);
    if (slot.state !== 'gone') this.#counts[slot.state] -= 1;
    if (state !== 'gone') this.#counts[state] += 1;
    else this.#all.delete(slot);
    if (state === 'idle') this.#idle.push(slot);
    slot.state = state;
    slot.since = now;
  }

  #takeFromIdle(slot: Slot<C>): void {
    if (this.freshest === slot) this.#idle.pop();
    else this.#idle.splice(this.#idle.lastIndexOf(slot), 1);
  }
}
