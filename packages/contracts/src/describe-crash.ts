/** A chain is seldom longer, and may be circular. */
const deepest = 5;
const mostErrors = 10;

/**
 * The stack of what was thrown, with those of its causes and of the errors that it gathers. Other properties may hold anything,
 * so of an object that is no error only the keys are told.
 */
export function describeCrash(thrown: unknown, depth = 0): string {
  try {
    if (typeof thrown !== 'object' || thrown === null) return String(thrown);
    const own = ownText(thrown);
    if (depth === deepest) return own;
    const cause: unknown = Reflect.get(thrown, 'cause');
    const errors: unknown = Reflect.get(thrown, 'errors');
    const parts = [
      ...(Array.isArray(errors) ? errors.slice(0, mostErrors) : []).map(
        (error) => ['errors', error] as const,
      ),
      ...(cause === undefined ? [] : [['cause', cause] as const]),
    ];
    return [own, ...parts.map(([name, part]) => `[${name}]: ${describeCrash(part, depth + 1)}`)].join('\n');
  } catch {
    return 'an error that cannot be printed';
  }
}

function ownText(thrown: object): string {
  for (const name of ['stack', 'message']) {
    const text: unknown = Reflect.get(thrown, name);
    if (typeof text === 'string' && text !== '') return text;
  }
  const keys = Object.keys(thrown).join(', ');
  return keys === '' ? 'an object without keys' : `an object with the keys ${keys}`;
}
