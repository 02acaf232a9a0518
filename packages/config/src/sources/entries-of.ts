import type { Origin } from './origin.js';
import type { SourceEntry } from './source.js';

/** Which key of a remote secret gives a variable, where they are not called alike: `{ DATABASE_PASSWORD: 'password' }`. */
export type SecretKeys = Readonly<Record<string, string>>;

export interface EntriesOfOptions {
  readonly names: readonly string[];
  readonly keys: SecretKeys;
  readonly originOf: (key: string) => Origin;
}

/**
 * The declared variables among the keys of a remote secret. Numbers and booleans become their text, objects and lists
 * their JSON; `null` counts as not given.
 */
export function entriesOf(
  secret: object,
  { names, keys, originOf }: EntriesOfOptions,
): readonly SourceEntry[] {
  return names.flatMap((name): readonly SourceEntry[] => {
    const key = Object.hasOwn(keys, name) ? (keys[name] ?? name) : name;
    if (!Object.hasOwn(secret, key)) return [];
    const given: unknown = Reflect.get(secret, key);
    if (given === null || given === undefined) return [];
    const origin = originOf(key);
    if (typeof given === 'number' && !isExact(given)) return [{ name, fault: inexact, origin }];
    const value = typeof given === 'object' ? JSON.stringify(given) : String(given);
    return [{ name, value, origin }];
  });
}

const inexact = {
  code: 'invalid',
  message: 'is a JSON number that is too large to be read exactly',
  expected: 'a number within ±9007199254740991, or a text',
  fix: 'Write it as a text, in quotes.',
} as const;

/** JSON.parse rounds what is beyond, and says nothing. */
function isExact(number: number): boolean {
  return Math.abs(number) <= Number.MAX_SAFE_INTEGER;
}
