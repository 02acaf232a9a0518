/** A member's value; what cannot be read says so. */
export function memberOf(holder: object, name: string | symbol): unknown {
  try {
    return Reflect.get(holder, name);
  } catch {
    return '[unreadable]';
  }
}
