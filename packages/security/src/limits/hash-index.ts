import type { KeyHash } from './key-hash.js';

/** Finds the slot of a hash: open addressing with linear probing (Knuth, TAOCP 3, 6.4), at most half full. */
export class HashIndex {
  /** Slot + 1; 0 is an empty place. */
  #places: Int32Array;
  readonly #hashOf: (slot: number) => KeyHash;

  /** @param hashOf - the hash that a slot holds now. */
  constructor(capacity: number, hashOf: (slot: number) => KeyHash) {
    this.#places = new Int32Array(2 ** Math.ceil(Math.log2(capacity * 2)));
    this.#hashOf = hashOf;
  }

  /** The slot of `hash`, or -1. */
  find(hash: KeyHash): number {
    return (this.#places[this.#placeOf(hash)] ?? 0) - 1;
  }

  /** Puts `hash` at `slot`, in place of the slot that it had. */
  set(hash: KeyHash, slot: number): void {
    this.#places[this.#placeOf(hash)] = slot + 1;
  }

  /** Takes `hash` out and closes the gap, so that no search ends too early. */
  delete(hash: KeyHash): void {
    const mask = this.#places.length - 1;
    let gap = this.#placeOf(hash);
    for (let at = (gap + 1) & mask; ; at = (at + 1) & mask) {
      const slot = (this.#places[at] ?? 0) - 1;
      if (slot === -1) break;
      const home = this.#hashOf(slot).low & mask;
      if (((at - home) & mask) < ((at - gap) & mask)) continue; // it would come before its home
      this.#places[gap] = slot + 1;
      gap = at;
    }
    this.#places[gap] = 0;
  }

  /** Where `hash` stands, or the empty place where it would. */
  #placeOf({ low, high }: KeyHash): number {
    const mask = this.#places.length - 1;
    for (let at = low & mask; ; at = (at + 1) & mask) {
      const slot = (this.#places[at] ?? 0) - 1;
      if (slot === -1) return at;
      const other = this.#hashOf(slot);
      if (other.low === low && other.high === high) return at;
    }
  }
}
