/** What is kept for a key. */
export interface RankedValue {
  readonly value: number;
  readonly expiresAtUs: number;
}

/**
 * A bounded map that gives up its lowest-ranked key first: a hash map into flat arrays, and a binary heap over them, so
 * that a million hostile keys cost no garbage. It grows up to `capacity` and no further.
 */
export class RankedKeys {
  readonly #capacity: number;
  readonly #slots = new Map<string, number>();
  readonly #keys: string[] = [];
  #value = new Float64Array(64);
  #expiresAt = new Float64Array(64);
  #rank = new Float64Array(64);
  /** Slots, lowest rank at the root. */
  #heap = new Int32Array(64);
  /** Where a slot stands in the heap. */
  #place = new Int32Array(64);

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#slots.size;
  }

  /** The rank that would go first, or `undefined` when nothing is kept. */
  get lowest(): number | undefined {
    return this.size === 0 ? undefined : this.#rank[this.#slotAt(0)];
  }

  get full(): boolean {
    return this.size >= this.#capacity;
  }

  get(key: string): RankedValue | undefined {
    const slot = this.#slots.get(key);
    if (slot === undefined) return undefined;
    return { value: this.#value[slot] ?? 0, expiresAtUs: this.#expiresAt[slot] ?? 0 };
  }

  /** Keeps a key. In a full map it takes the place of the lowest one; whoever calls has compared the ranks. */
  set(key: string, { value, expiresAtUs }: RankedValue, rank: number): void {
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      if (this.full) this.delete(this.#keys[this.#slotAt(0)] ?? '');
      slot = this.size;
      this.#grow(slot + 1);
      this.#slots.set(key, slot);
      this.#keys[slot] = key;
      this.#heap[slot] = slot;
      this.#place[slot] = slot;
    }
    this.#value[slot] = value;
    this.#expiresAt[slot] = expiresAtUs;
    this.#rank[slot] = rank;
    this.#settle(this.#place[slot] ?? 0);
  }

  delete(key: string): boolean {
    const slot = this.#slots.get(key);
    if (slot === undefined) return false;
    const last = this.size - 1;
    this.#slots.delete(key);
    this.#leaveHeap(slot, last);
    this.#moveSlot(last, slot);
    this.#keys.length = last;
    return true;
  }

  #leaveHeap(slot: number, last: number): void {
    const place = this.#place[slot] ?? 0;
    if (place === last) return;
    this.#put(place, this.#slotAt(last));
    this.#settle(place, last);
  }

  /** Slots stay dense: the last one moves into the hole. */
  #moveSlot(from: number, to: number): void {
    if (from === to) return;
    const key = this.#keys[from] ?? '';
    this.#keys[to] = key;
    this.#slots.set(key, to);
    this.#value[to] = this.#value[from] ?? 0;
    this.#expiresAt[to] = this.#expiresAt[from] ?? 0;
    this.#rank[to] = this.#rank[from] ?? 0;
    this.#put(this.#place[from] ?? 0, to);
  }

  #settle(start: number, size = this.size): void {
    let at = start;
    while (at > 0 && this.#rankAt(at) < this.#rankAt((at - 1) >> 1)) {
      this.#swap(at, (at - 1) >> 1);
      at = (at - 1) >> 1;
    }
    for (;;) {
      let least = at;
      const left = 2 * at + 1;
      if (left < size && this.#rankAt(left) < this.#rankAt(least)) least = left;
      if (left + 1 < size && this.#rankAt(left + 1) < this.#rankAt(least)) least = left + 1;
      if (least === at) return;
      this.#swap(at, least);
      at = least;
    }
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

  #grow(needed: number): void {
    const length = this.#rank.length;
    if (needed <= length) return;
    const to = Math.min(length * 2, this.#capacity);
    const wider = <T extends Float64Array | Int32Array>(old: T, wide: T): T => {
      wide.set(old);
      return wide;
    };
    this.#value = wider(this.#value, new Float64Array(to));
    this.#expiresAt = wider(this.#expiresAt, new Float64Array(to));
    this.#rank = wider(this.#rank, new Float64Array(to));
    this.#heap = wider(this.#heap, new Int32Array(to));
    this.#place = wider(this.#place, new Int32Array(to));
  }
}
