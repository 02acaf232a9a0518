import type { Clock } from '@seaworthy/contracts';
import { settlesWithin } from './settles-within.js';
import type { PoolConnection, Slot } from './slot.js';
import type { Slots } from './slots.js';

/** How long a goodbye, a check or a cancellation may take before the connection is destroyed instead. */
export const politenessMs = 1_000;

/** Ends connections, each once, and keeps their places taken until they are really gone. */
export class Farewells<C extends PoolConnection> {
  readonly #slots: Slots<C>;
  readonly #clock: Clock;
  readonly #onChange: () => void;

  /** @param onChange - Called when a place became free. */
  constructor(slots: Slots<C>, clock: Clock, onChange: () => void) {
    this.#slots = slots;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** Closes politely in the background. */
  retire(slot: Slot<C>): void {
    if (slot.connection.isOpen) this.closeAfter(slot, slot.connection.close());
    else this.forget(slot);
  }

  /** Destroys it when `before` has settled, or after a second. */
  closeAfter(slot: Slot<C>, before: Promise<unknown>): void {
    this.#slots.move(slot, 'closing', this.#clock.monotonic());
    void settlesWithin(before, politenessMs, this.#clock).then(() => this.forget(slot));
  }

  /** Destroys it now. */
  forget(slot: Slot<C>): void {
    if (slot.state === 'gone') return;
    this.#slots.move(slot, 'gone', this.#clock.monotonic());
    slot.connection.destroy();
    this.#onChange();
  }
}
