import type { Clock, Timer } from '@seaworthy/contracts';

/** A timer that is set for the earliest of many moments, so that a thousand connections need one. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #timer: Timer | undefined;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  get isSet(): boolean {
    return this.#timer !== undefined;
  }

  /** Rings in `delayMs`, unless it is set already. Does not keep the process alive. */
  set(delayMs: number): void {
    this.#timer ??= this.#clock.schedule(() => {
      this.#timer = undefined;
      this.#ring();
    }, delayMs);
  }

  cancel(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
