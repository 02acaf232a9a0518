import { HashIndex } from './hash-index.js';
import type { KeyHash } from './key-hash.js';

/** What is kept for a key. */
export interface RankedValue {
  readonly value: number;
  readonly expiresAtUs: number;
}

/**
 * A bounded map that gives up its lowest-ranked key first: flat arrays, an index of hashes and a binary heap, 48 bytes a
 * key and no garbage, so that a million hostile keys leave nothing to collect. It grows to `capacity` and no further.
 */
export class RankedKeys {
  readonly #capacity: number;
  #size = 0;
  #index: HashIndex;
  #low = new Int32Array(64);
  #high = new Int32Array(64);
  #value = new Float64Array(64);
  #expiresAt = new Float64Array(64);
  #rank = new Float64Array(64);
  /** Slots, the lowest rank at the root. */
  #heap = new Int32Array(64);
  /** Where a slot stands in the heap. */
  #place = new Int32Array(64);

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#index = new HashIndex(64, (slot) => this.#hashOf(slot));
  }

  get size(): number {
    return this.#size;
  }

  get full(): boolean {
    return this.#size >= this.#capacity;
  }

  /** The rank that would go first, or `undefined` when nothing is kept. */
  get lowest(): number | undefined {
    return this.#size === 0 ? undefined : this.#rankAt(0);
  }

  get(key: KeyHash): RankedValue | undefined {
    const slot = this.#index.find(key);
    if (slot === -1) return undefined;
    return { value: this.#value[slot] ?? 0, expiresAtUs: this.#expiresAt[slot] ?? 0 };
  }

  /** Keeps a key. In a full map it takes the place of the lowest one; whoever calls has compared the ranks. */
  set(key: KeyHash, { value, expiresAtUs }: RankedValue, rank: number): void {
    let slot = this.#index.find(key);
    if (slot === -1) {
      if (this.full) this.delete(this.#hashOf(this.#slotAt(0)));
      slot = this.#add(key);
    }
    this.#value[slot] = value;
    this.#expiresAt[slot] = expiresAtUs;
    this.#rank[slot] = rank;
    this.#settle(this.#place[slot] ?? 0);
  }

  delete(key: KeyHash): boolean {
    const slot = this.#index.find(key);
    if (slot === -1) return false;
    this.#index.delete(key);
    this.#size -= 1;
    this.#leaveHeap(this.#place[slot] ?? 0);
    if (slot !== this.#size) this.#moveSlot(this.#size, slot);
    return true;
  }

  #add(key: KeyHash): number {
    const slot = this.#size;
    if (slot === this.#rank.length) this.#grow();
    this.#low[slot] = key.low;
    this.#high[slot] = key.high;
    this.#put(slot, slot);
    this.#index.set(key, slot);
    this.#size += 1;
    return slot;
  }

  #leaveHeap(place: number): void {
    if (place === this.#size) return;
    this.#put(place, this.#slotAt(this.#size));
    this.#settle(place);
  }

  /** Slots stay dense: the last one moves into the hole. */
  #moveSlot(from: number, to: number): void {
    const key = this.#hashOf(from);
    for (const column of [this.#low, this.#high, this.#value, this.#expiresAt, this.#rank]) {
      column[to] = column[from] ?? 0;
    }
    this.#index.set(key, to);
    this.#put(this.#place[from] ?? 0, to);
  }

  #settle(start: number): void {
    let at = start;
    while (at > 0 && this.#rankAt(at) < this.#rankAt((at - 1) >> 1)) {
      this.#swap(at, (at - 1) >> 1);
      at = (at - 1) >> 1;
    }
    for (;;) {
      let least = at;
      const left = 2 * at + 1;
      if (left < this.#size && this.#rankAt(left) < this.#rankAt(least)) least = left;
      if (left + 1 < this.#size && this.#rankAt(left + 1) < this.#rankAt(least)) least = left + 1;
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
  }

  #hashOf(slot: number): KeyHash {
    return { low: this.#low[slot] ?? 0, high: this.#high[slot] ?? 0 };
  }

  #slotAt(place: number): number {
    return this.#heap[place] ?? 0;
  }

  #rankAt(place: number): number {
    return this.#rank[this.#slotAt(place)] ?? 0;
  }

  #put(place: number, slot: number): void {
    this.#heap[place] = slot;
    this.#place[slot] = place;
  }

  #swap(a: number, b: number): void {
    const [slotA, slotB] = [this.#slotAt(a), this.#slotAt(b)];
    this.#put(a, slotB);
    this.#put(b, slotA);
  }

  #grow(): void {
    const length = Math.min(this.#rank.length * 2, this.#capacity);
    this.#low = copied(this.#low, new Int32Array(length));
    this.#high = copied(this.#high, new Int32Array(length));
    this.#value = copied(this.#value, new Float64Array(length));
    this.#expiresAt = copied(this.#expiresAt, new Float64Array(length));
    this.#rank = copied(this.#rank, new Float64Array(length));
    this.#heap = copied(this.#heap, new Int32Array(length));
    this.#place = copied(this.#place, new Int32Array(length));
    this.#index = new HashIndex(length, (slot) => this.#hashOf(slot));
    for (let slot = 0; slot < this.#size; slot += 1) this.#index.set(this.#hashOf(slot), slot);
  }
}

function copied<T extends Float64Array | Int32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
