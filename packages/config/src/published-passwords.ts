import { urlOf } from '@seaworthy/contracts';
import { passwordOf } from './fields/password-of.js';
import type { Fault } from './parsed.js';

const fault: Fault = {
  code: 'insecure',
  message: 'holds a password, although it may reach a browser',
  expected: 'a URL without a password',
  fix: 'Take the password out of the URL, or client() from the field.',
};

/** What is wrong with a value that may stand in a browser bundle: URLs in it with a password, which is everybody's then. */
export function publishedPasswords(value: unknown): readonly Fault[] {
  if (!Array.isArray(value)) return hasPassword(value) ? [fault] : [];
  return value.flatMap((item, index) => (hasPassword(item) ? [{ ...fault, path: `[${index}]` }] : []));
}

function hasPassword(text: unknown): boolean {
  if (typeof text !== 'string' || !/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return false;
  return urlOf(text) !== undefined && passwordOf(text) !== undefined;
}
