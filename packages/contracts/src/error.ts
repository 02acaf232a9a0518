/** Across copies of this package an `instanceof` lies; a registered symbol does not. */
const kindsKey = Symbol.for('seaworthy.error.kinds');

const kindsByClass = new WeakMap<object, readonly string[]>();

/** What every Seaworthy error is made from. */
export interface SeaworthyErrorOptions {
  /** Stable and documented, in capitals: `DB_ACQUIRE_TIMEOUT`. Programs compare this, never the message. */
  readonly code: string;
  /** What went wrong underneath. It is printed by loggers, so it must hold no secret either. */
  readonly cause?: unknown;
}

/**
 * The base of every error that a Seaworthy package throws: a stable `code`, a message that says what to do next, and a
 * brand that survives two copies of the package in one process.
 *
 * A subclass names itself with `static override readonly kind` and inherits `is()`:
 *
 * @example
 * class PoolError extends SeaworthyError {
 *   static override readonly kind: string = 'PoolError';
 * }
 * if (PoolError.is(error)) console.error(error.code);
 */
export class SeaworthyError extends Error {
  /** The name of this class of errors, unique in the family. */
  static readonly kind: string = 'SeaworthyError';

  readonly code: string;

  constructor(message: string, options: SeaworthyErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    Object.defineProperty(this, 'name', { value: new.target.kind, configurable: true, writable: true });
    Object.defineProperty(this, kindsKey, { value: kindsOf(new.target) });
  }

  /** Whether `value` is an error of this class or of one derived from it, in whichever copy it was made. */
  static is<T extends SeaworthyError>(
    this: { readonly kind: string; readonly prototype: T },
    value: unknown,
  ): value is T {
    if (typeof value !== 'object' || value === null) return false;
    try {
      const kinds: unknown = Reflect.get(value, kindsKey);
      return Array.isArray(kinds) && kinds.includes(this.kind);
    } catch {
      return false; // a revoked proxy or a throwing getter is no error of ours
    }
  }

  /** Name, code and message: what may be shown. The stack and the cause stay out. */
  toJSON(): { readonly name: string; readonly code: string; readonly message: string } {
    return { name: this.name, code: this.code, message: this.message };
  }
}

function kindsOf(errorClass: typeof SeaworthyError): readonly string[] {
  const known = kindsByClass.get(errorClass);
  if (known !== undefined) return known;
  const kinds: string[] = [];
  for (
    let at: unknown = errorClass;
    typeof at === 'function' && 'kind' in at;
    at = Object.getPrototypeOf(at)
  ) {
    kinds.push(String(at.kind));
  }
  kindsByClass.set(errorClass, kinds);
  return kinds;
}
