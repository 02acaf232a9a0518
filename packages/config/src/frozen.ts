/**
 * A copy of plain objects and arrays, frozen all the way down. A copy, because a schema may give its own default object,
 * which is not ours to freeze. Instances of classes (Date, Map, Secret) stay what they are.
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
  if (prototype !== Object.prototype && prototype !== null) return value;
  const copy: object = Object.create(prototype);
  done.set(value, copy);
  for (const [key, item] of Object.entries(value)) {
    // Defined, not assigned: JSON may hold the key `__proto__`.
    Object.defineProperty(copy, key, { value: frozenCopy(item, done), enumerable: true });
  }
  return Object.freeze(copy);
}
