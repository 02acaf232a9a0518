/** Calls that have begun and not ended, whether anybody awaits them or not. */
export class UnderWay {
  #count = 0;
  #onNone: (() => void) | undefined;

  async run<T>(work: () => Promise<T>): Promise<T> {
    this.#count += 1;
    try {
      return await work();
    } finally {
      this.#count -= 1;
      if (this.#count === 0) this.#onNone?.();
    }
  }

  /** Resolves when nothing is under way, those included that begin meanwhile. */
  async none(): Promise<void> {
    while (this.#count > 0) {
      await new Promise<void>((resolve) => {
        this.#onNone = resolve;
      });
    }
  }
}
