import type { KeyedHash } from './keyed-hash.js';

/** What is recognised by its looks. */
export type SecretValue = 'jwt' | 'bearer' | 'card' | 'email' | 'privateKey';

interface Pattern {
  /**
   * Source of an expression that finds something in every text that the pattern changes, beside `=`, `@`, `%` and quotes. It begins with a
   * character that is rare, because at each one like it the expression is tried.
   */
  readonly trigger: string | undefined;
  /** A cheaper look than the pattern itself. */
  mayHold(text: string): boolean;
  redact(text: string, replacement: string, hashed: KeyedHash | undefined): string;
}

/** The beginnings are anchored by what may not stand before them, so that no text is read twice. */
const jwt = /(?<![\w-])eyJ[\w-]{10,}\.[\w-]+\.[\w-]*(?:\.[\w-]*\.[\w-]*)?/g;

/** RFC 6750; a token has a digit or is long, so that "bearer authentication" stays. */
const bearer = /\b(bearer\s{1,8})(?=[\w.~+/=-]*\d|[\w.~+/=-]{20})[\w.~+/=-]{8,}/gi;

/** RFC 7617; base64 mixes its letters, so that "Basic information" stays. */
const basic = /\b([Bb]asic\s{1,8})(?=[A-Za-z0-9+/]*(?:\d|[a-z][A-Z]))[A-Za-z0-9+/]{8,}={0,2}/g;

/** 13 to 19 digits, in groups after the first four or not; the first as ISO/IEC 7812 gives it to payment cards. */
const card = /(?<![\w.-])[2-6]\d{3}(?:[ -]?\d){9,15}(?![\w-])/g;

const email = /[A-Za-z0-9._+-]{1,64}(?:@|%40)(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![A-Za-z0-9-])/g;

/** PEM, also in one line with `\n` as text, also cut off. */
const privateKey =
  /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|$)/g;

const patterns: Readonly<Record<SecretValue, Pattern>> = {
  privateKey: {
    trigger: 'PRIVATE KEY',
    mayHold: (text) => text.includes('PRIVATE KEY'),
    redact: (text, replacement) => text.replace(privateKey, replacement),
  },
  jwt: {
    trigger: 'J(?<=eyJ)',
    mayHold: (text) => text.includes('eyJ'),
    redact: (text, replacement) => text.replace(jwt, replacement),
  },
  bearer: {
    trigger: '[Bb](?:earer|EARER|asic)\\s',
    mayHold: (text) => /earer\s|EARER\s|asic\s/.test(text),
    redact: (text, replacement) =>
      text.replace(bearer, `$1${replacement}`).replace(basic, `$1${replacement}`),
  },
  card: {
    trigger: '[2-6]\\d{3}[ -]?\\d{4}',
    mayHold: (text) => text.length >= 13,
    redact: (text, replacement) =>
      text.replace(card, (digits) => (passesLuhn(digits) ? replacement : digits)),
  },
  email: {
    trigger: undefined,
    mayHold: (text) => text.includes('@') || text.includes('%40'),
    redact: (text, replacement, hashed) =>
      text.replace(email, (address) =>
        hashed === undefined ? replacement : hashed.of(address.replace('%40', '@')),
      ),
  },
};

export const secretValues: readonly SecretValue[] = ['privateKey', 'jwt', 'bearer', 'card', 'email'];

/** The chosen patterns as one: what to look for, and what to do with a text in which it is. */
export function valuePatterns(
  values: readonly SecretValue[],
  replacement: string,
  hashedEmail: KeyedHash | undefined,
) {
  const chosen = secretValues.filter((value) => values.includes(value)).map((value) => patterns[value]);
  const triggers = chosen.flatMap(({ trigger }) => trigger ?? []).join('|');
  const any = new RegExp(triggers === '' ? '@|%40' : `@|%40|${triggers}`);
  return {
    triggers,
    redact(text: string): string {
      if (!any.test(text)) return text;
      let result = text;
      for (const pattern of chosen) {
        if (pattern.mayHold(result)) result = pattern.redact(result, replacement, hashedEmail);
      }
      return result;
    },
  };
}

/** ISO/IEC 7812-1, annex B: what one mistyped digit in ten fails. */
function passesLuhn(text: string): boolean {
  let sum = 0;
  let place = 0;
  for (let at = text.length - 1; at >= 0; at -= 1) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) continue;
    const doubled = place % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
    place += 1;
  }
  return sum % 10 === 0;
}
