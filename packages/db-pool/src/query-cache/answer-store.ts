/** An answer that is kept, as bytes: what is counted is what it takes, and nobody can change another one's rows. */
export interface Answer {
  readonly bytes: Buffer;
  readonly tags: readonly string[];
  /** On the monotonic clock. */
  readonly storedAt: number;
  readonly expiresAt: number;
}

export interface StoreBounds {
  readonly maxBytes: number;
  readonly maxEntries: number;
}

/** The map's slot, the objects and the sets around an answer: measured at about 400 bytes in Node 20, rounded up. */
const overheadBytes = 512;

/** A tag's entry for one answer in the index of tags. */
const tagBytes = 128;

/** One answer may take this share of the memory at most, so that a single large one does not displace all others. */
const largestShare = 1 / 8;

/** Answers by key and by tag, the least recently used ones leaving first when either bound is reached. */
export class AnswerStore {
  readonly #bounds: StoreBounds;
  readonly #onEvicted: () => void;
  /** In the order of use: a Map keeps the order of insertion, and a used answer is inserted again. */
  readonly #answers = new Map<string, Answer>();
  readonly #keysByTag = new Map<string, Set<string>>();
  #bytes = 0;

  constructor(bounds: StoreBounds, onEvicted: () => void) {
    this.#bounds = bounds;
    this.#onEvicted = onEvicted;
  }

  get size(): number {
    return this.#answers.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The answer, if it is younger than `maxAgeMs` and not expired. */
  get(key: string, now: number, maxAgeMs: number): Buffer | undefined {
    const answer = this.#answers.get(key);
    if (answer === undefined) return undefined;
    if (now >= answer.expiresAt) {
      this.#remove(key, answer);
      return undefined;
    }
    // Another caller may accept an older one, so it stays.
    if (now - answer.storedAt >= maxAgeMs) return undefined;
    this.#answers.delete(key);
    this.#answers.set(key, answer);
    return answer.bytes;
  }

  set(key: string, answer: Answer): void {
    const previous = this.#answers.get(key);
    if (previous !== undefined) this.#remove(key, previous);
    const cost = costOf(key, answer);
    if (cost > this.#bounds.maxBytes * largestShare) return;
    this.#answers.set(key, answer);
    this.#bytes += cost;
    for (const tag of answer.tags) {
      const keys = this.#keysByTag.get(tag);
      if (keys === undefined) this.#keysByTag.set(tag, new Set([key]));
      else keys.add(key);
    }
    for (const [oldest, old] of this.#answers) {
      if (this.#bytes <= this.#bounds.maxBytes && this.#answers.size <= this.#bounds.maxEntries) return;
      this.#remove(oldest, old);
      this.#onEvicted();
    }
  }

  dropTag(tag: string): void {
    for (const key of this.#keysByTag.get(tag) ?? []) {
      const answer = this.#answers.get(key);
      if (answer !== undefined) this.#remove(key, answer);
    }
  }

  clear(): void {
    this.#answers.clear();
    this.#keysByTag.clear();
    this.#bytes = 0;
  }

  #remove(key: string, answer: Answer): void {
    this.#answers.delete(key);
    this.#bytes -= costOf(key, answer);
    for (const tag of answer.tags) {
      const keys = this.#keysByTag.get(tag);
      keys?.delete(key);
      if (keys?.size === 0) this.#keysByTag.delete(tag);
    }
  }
}

function costOf(key: string, { bytes, tags }: Answer): number {
  const forTags = tags.reduce((sum, tag) => sum + tagBytes + 2 * tag.length, 0);
  return overheadBytes + bytes.byteLength + 2 * key.length + forTags;
}
