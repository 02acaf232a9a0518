/** What a facade's pool has lent, so that its `end()` can wait for all of it. */
export class CheckedOut<T> {
  readonly #out = new Set<T>();
  #whenBack: (() => void) | undefined;

  add(one: T): void {
    this.#out.add(one);
  }

  /** It came back, or is gone: nobody need wait for it. */
  delete(one: T): void {
    this.#out.delete(one);
    if (this.#out.size === 0) this.#whenBack?.();
  }

  /** Resolves when none is out. */
  async allBack(): Promise<void> {
    if (this.#out.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#whenBack = resolve;
    });
  }
}
