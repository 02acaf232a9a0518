import { randomBytes } from 'node:crypto';

/** A password that needs no escaping in a URL, in SQL or in a configuration file, and that a test can search for. */
export function secretToken(): string {
  return `pw${randomBytes(12).toString('hex')}`;
}
