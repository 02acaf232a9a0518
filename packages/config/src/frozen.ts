import { invalid, type Parsed } from './parsed.js';

/** The {@link frozenCopy}, or that there is none: a getter of the value throws, or it is nested beyond the stack. */
export function frozenValue(value: unknown): Parsed {
  try {
    return { value: frozenCopy(value) };
  } catch {
    return invalid(
      'gives a value that cannot be copied, so that nobody could freeze it',
      'Nest it less deeply; a schema that makes objects gives them plain values and no getters that throw.',
    );
  }
}

/**
 * A copy of plain objects and arrays, frozen all the way down. A copy, because a schema may give its own default object,
 * which is not ours to freeze. A Date, Map or Set cannot be frozen, so it is a copy of its own each time; instances of other
 * classes stay what they are.
 */
export function frozenCopy(value: unknown, done = new Map<object, unknown>()): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const known = done.get(value);
  if (known !== undefined) return known;
  if (Array.isArray(value)) {
    const copy: unknown[] = [];
    done.set(value, copy);
    for (const item of value) copy.push(frozenCopy(item, done));
    return Object.freeze(copy);
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return copyOfBuiltIn(value, prototype, done);
  const copy: object = Object.create(prototype);
  done.set(value, copy);
  for (const [key, item] of Object.entries(value)) {
    // Defined, not assigned: JSON may hold the key `__proto__`.
    Object.defineProperty(copy, key, { value: frozenCopy(item, done), enumerable: true });
  }
  return Object.freeze(copy);
}

/** Only what is exactly of these classes: how to copy a subclass, or another class, only that class knows. */
function copyOfBuiltIn(value: object, prototype: unknown, done: Map<object, unknown>): object {
  if (prototype === Date.prototype && value instanceof Date) return new Date(value.getTime());
  if (prototype === Map.prototype && value instanceof Map) {
    const copy = new Map<unknown, unknown>();
    done.set(value, copy);
    for (const [key, item] of value) copy.set(frozenCopy(key, done), frozenCopy(item, done));
    return copy;
  }
  if (prototype === Set.prototype && value instanceof Set) {
    const copy = new Set<unknown>();
    done.set(value, copy);
    for (const item of value) copy.add(frozenCopy(item, done));
    return copy;
  }
  return value;
}
