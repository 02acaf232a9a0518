const brand = Symbol.for('seaworthy.secret');

/** By `isView`, because a test runner that gives tests a realm of their own leaves Buffers in another. */
const isTextOrBytes = (value: unknown): boolean => typeof value === 'string' || ArrayBuffer.isView(value);

/**
 * A value that can be used but not printed: every way of turning it into text gives `[secret NAME]`.
 *
 * The value sits in a private field, which `util.inspect` with any option, `structuredClone`, `v8.serialize` and assertion
 * diffs cannot read. Because they see no difference between two secrets, `deepStrictEqual(a, b)` passes for any two of the
 * same name: compare with {@link Secret.equals}.
 *
 * @example
 * const key = new Secret('JWT_SECRET', value);
 * `${key}`;                 // '[secret JWT_SECRET]'
 * sign(payload, key.reveal());
 */
export class Secret<T extends string | Uint8Array = string> {
  readonly #value: T;
  readonly #label: string;

  /**
   * @param name - What the secret is called, for example the variable it came from. It is printed.
   * @param value - What must never be.
   */
  constructor(name: string, value: T) {
    this.#value = value;
    this.#label = `[secret ${name}]`;
    Object.freeze(this);
  }

  /** Whether `value` is a secret, in whichever copy of this package it was made. */
  static is(value: unknown): value is Secret<string | Uint8Array> {
    try {
      return typeof value === 'object' && value !== null && Reflect.get(value, brand) === true;
    } catch {
      return false; // a revoked proxy or a throwing getter is no secret of ours
    }
  }

  /** The value itself. Every call of this is a place to look at in a review. */
  reveal(): T {
    return this.#value;
  }

  /**
   * Compares in a time that depends on neither the content nor the place of the first difference. Nothing equals what is neither
   * text nor bytes, as a header that was not sent.
   */
  equals(other: Secret<string | Uint8Array> | string | Uint8Array): boolean {
    const given = Secret.is(other) ? other.reveal() : other;
    if (!isTextOrBytes(this.#value) || !isTextOrBytes(given)) return false;
    // Asked for here and not imported: most processes that hold secrets never compare one, and loading it is 5 ms of CPU.
    const { createHash, timingSafeEqual } = process.getBuiltinModule('node:crypto');
    // Equal lengths are what timingSafeEqual asks for, and a hash gives them without telling the real ones.
    const digest = (value: string | Uint8Array) => createHash('sha256').update(value).digest();
    return timingSafeEqual(digest(this.#value), digest(given));
  }

  toString(): string {
    return this.#label;
  }

  toJSON(): string {
    return this.#label;
  }

  [Symbol.toPrimitive](): string {
    return this.#label;
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.#label;
  }
}

// On the prototype, so that no own property distinguishes or describes an instance.
Object.defineProperty(Secret.prototype, brand, { value: true });
