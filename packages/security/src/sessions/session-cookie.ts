import { createHash, randomBytes } from 'node:crypto';
import { type Environment, invalidOption } from '@seaworthy/contracts';
import { parseCookie, stringifySetCookie } from 'cookie';
import type { Keyring } from '../keyring.js';
import type { SessionPlace } from './session-store.js';

export interface SessionCookieOptions {
  /** @defaultValue '__Host-session', or 'session' where `secure` is false */
  readonly name?: string;
  /** `false` for plain HTTP, in development and tests only. @defaultValue true */
  readonly secure?: boolean;
  /** `'strict'` hides the session from whoever follows a link here, a login provider's redirect among them. @defaultValue 'lax' */
  readonly sameSite?: 'lax' | 'strict';
}

/** What the browser keeps, and what it means. */
export interface SessionCookie {
  readonly name: string;
  /** A new random id of 256 bits in this group, signed. */
  make(group: string): { readonly place: SessionPlace; readonly value: string };
  /** The place that a Cookie header names, if one of the keys signed it. */
  read(header: string | undefined): SessionPlace | undefined;
  /** The line that sets it for `maxAgeMs`, or takes it away. */
  line(value: string | undefined, maxAgeMs: number): string;
}

/** Longer headers are not looked into: Node takes 16 KiB of headers in all, and a cookie of ours has some 120 characters. */
const longestHeader = 16_384;

/** The version, the group, the id and the signature. */
const shape = /^1\.([\w-]{22})\.([\w-]{43})\.([\w-]{43})$/;

const purpose = 'session-cookie-1';

/** @throws OptionsError for a cookie that browsers would refuse or send in the clear. */
export function sessionCookie(
  options: SessionCookieOptions,
  environment: Environment,
  keyring: Keyring,
): SessionCookie {
  const owner = 'createSessions cookie';
  const { secure = true, sameSite = 'lax', name = secure ? '__Host-session' : 'session' } = options;
  if (typeof secure !== 'boolean') throw invalidOption(owner, 'secure', 'true or false');
  if (!secure && environment !== 'development' && environment !== 'test') {
    throw invalidOption(owner, 'secure', `true in ${environment}`);
  }
  if (!['lax', 'strict'].includes(sameSite)) throw invalidOption(owner, 'sameSite', "'lax' or 'strict'");
  const base = name.replace(/^__Host-/, '');
  if (!/^[\w-]{1,64}$/.test(base) || /^__/.test(base) || (name !== base) !== secure) {
    const expected = secure
      ? '__Host- and then letters, digits, _ and -'
      : 'letters, digits, _ and -, without __Host-';
    throw invalidOption(owner, 'name', expected);
  }
  const attributes = { path: '/', httpOnly: true, secure, sameSite } as const;
  return {
    name,
    make(group) {
      const id = randomBytes(32).toString('base64url');
      const value = `1.${group}.${id}`;
      return { place: { group, key: keyOf(id) }, value: `${value}.${keyring.sign(purpose, value)}` };
    },
    read(header) {
      if (header === undefined || header.length > longestHeader || !header.includes(name)) return undefined;
      const value = parseCookie(header)[name] ?? '';
      const [, group, id, signature] = shape.exec(value) ?? [];
      if (group === undefined || id === undefined || signature === undefined) return undefined;
      if (!keyring.verify(purpose, `1.${group}.${id}`, signature)) return undefined;
      return { group, key: keyOf(id) };
    },
    line: (value, maxAgeMs) =>
      stringifySetCookie(name, value ?? '', {
        ...attributes,
        maxAge: value === undefined ? 0 : Math.ceil(maxAgeMs / 1_000),
      }),
  };
}

function keyOf(id: string): string {
  return createHash('sha256').update(id).digest('base64url');
}
