import { urlOf } from '@seaworthy/contracts';
import { passwordOf } from './fields/password-of.js';
import type { Fault } from './parsed.js';

/** What is wrong with a value that may stand in a browser bundle: a URL in it has a password, which is everybody's then. */
export function publishedPassword(value: unknown): Fault | undefined {
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
  const index = texts.findIndex((text) => typeof text === 'string' && hasPassword(text));
  if (index === -1) return undefined;
  return {
    code: 'insecure',
    message: 'holds a password, although it may reach a browser',
    expected: 'a URL without a password',
    fix: 'Take the password out of the URL, or client() from the field.',
    ...(Array.isArray(value) ? { path: `[${index}]` } : {}),
  };
}

function hasPassword(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) && urlOf(text) !== undefined && passwordOf(text) !== undefined;
}
