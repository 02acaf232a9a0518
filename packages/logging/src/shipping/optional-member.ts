/** A member of what somebody else has made: `undefined` when it has none, or cannot be read. */
export function optionalMember(value: unknown, name: string): unknown {
  try {
    return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  } catch {
    return undefined;
  }
}
