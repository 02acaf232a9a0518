import { nearest } from '@seaworthy/contracts';
import type { Origin } from './origin.js';
import type { SourceEntry, SourceFault } from './source.js';

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
    if (!isExact(given)) return [{ name, fault: inexact, origin }];
    const value = typeof given === 'object' ? JSON.stringify(given) : String(given);
    return [{ name, value, origin }];
  });
}

/** What is wrong with names that the service gave to a source: a typo would leave a variable unset, and say nothing. */
export function undeclaredFault(
  given: readonly string[],
  declared: readonly string[],
): SourceFault['fault'] | undefined {
  const name = given.find((candidate) => !declared.includes(candidate));
  if (name === undefined) return undefined;
  const meant = nearest(name, declared);
  return {
    code: 'invalid',
    message: `is told to give ${name}, which is not declared`,
    expected: 'a variable of the schema',
    fix: meant === undefined ? `Declare ${name}, or take it from the options.` : `Did you mean ${meant}?`,
  };
}

const inexact = {
  code: 'invalid',
  message: 'is or holds a JSON number that is too large to be read exactly',
  expected: 'a number within ±9007199254740991, or a text',
  fix: 'Write it as a text, in quotes.',
} as const;

/** JSON.parse rounds what is beyond, and says nothing; in objects and lists too. */
function isExact(given: unknown): boolean {
  if (typeof given === 'number') return Math.abs(given) <= Number.MAX_SAFE_INTEGER;
  return typeof given !== 'object' || given === null || Object.values(given).every(isExact);
}
