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

/**
 * Begins a word, or stands behind `_`, `-`, an escaped character of a URL (`%20`) or of a JSON text (`\n`); with a second `eyJ`, behind anything.
 * Whether a token's dots follow is asked once for each run of its characters, so that no text is read twice.
 */
const jwt =
  /(?<![\w-])(?:(?=[\w-]{13,}\.eyJ[\w-]*\.)([\w-]*?)|(?=[\w-]{13,}\.[\w-]+\.)([\w-]*?)(?<=(?<![A-Za-z\d])|%[\dA-Fa-f]{2}|\\[nrt]))eyJ[\w-]{10,}\.[\w-]+\.[\w-]*(?:\.[\w-]*\.[\w-]*)?/g;

/** RFC 6750; a token has a digit or is long, so that "bearer authentication" stays. In a URL the blank is `%20` or `+`. */
const bearer = /\b(bearer(?:\s|%20|\+){1,8})(?=[\w.~+/=-]*\d|[\w.~+/=-]{20})[\w.~+/=-]{8,}/gi;

/** RFC 7617; base64 mixes its letters, so that "Basic information" stays. */
const basic =
  /\b([Bb]asic(?:\s|%20|\+){1,8})(?=[A-Za-z0-9+/]*(?:\d|[a-z][A-Z]))[A-Za-z0-9+/]{8,}(?:=|%3[Dd]){0,2}/g;

/**
 * Thirteen digits and more, in groups or not, with whatever other numbers stand beside them. It always takes all of them, so that no digit is
 * read twice. Digits behind a `+` are a telephone's.
 */
const digitRun =
  /(?:(?<![\w.%-])(?<!(?:^|\W)\+)|(?<=%[\dA-Fa-f]{2})|(?<=\\[nrt]))\d(?:(?:[ +\u00a0-]|%20)?\d){12,}/g;

const betweenGroups = /[ +\u00a0-]|%20/;

/** What comes before the groups of an IBAN that are digits. */
const ibanStart = /[A-Z]{2}\d{2} (?:[A-Z\d]{4} ){0,6}$/;

/** How ISO/IEC 7812 has payment cards begin; a `20` begins a year. */
const cardStart = /^(?:2[2-7]|[3-6]\d)\d\d(?:[ +\u00a0-]|%20)?\d{4}/;

/** The groups in which cards are printed. */
const cardGroups: ReadonlySet<string> = new Set(['4444', '44443', '465', '464']);

const email =
  /(?:[\p{L}\p{M}\p{N}._+-]|(?<=\p{L})'(?=\p{L})|%(?:2[Bb]|[89A-Fa-f][\dA-Fa-f])){1,64}(?:@|%(?:25){0,2}40|\\u0040)(?:[\p{L}\p{M}\p{N}-]{1,63}\.){1,8}(?:xn--[A-Za-z\d-]{1,59}|[\p{L}\p{M}]{2,24})(?![\p{L}\p{M}\p{N}])/gu;

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
    redact: (text, replacement) => text.replace(jwt, `$1$2${replacement}`),
  },
  bearer: {
    trigger: '[Bb](?:earer|EARER|asic)[\\s%+]',
    mayHold: (text) => /(?:earer|EARER|asic)[\s%+]/.test(text),
    redact: (text, replacement) =>
      text.replace(bearer, `$1${replacement}`).replace(basic, `$1${replacement}`),
  },
  card: {
    trigger: '[2-6]\\d{3}[ +\\u00a0-]?\\d{4}',
    mayHold: (text) => text.length >= 13,
    redact: (text, replacement) =>
      text.replace(digitRun, (run, at: number) =>
        ibanStart.test(text.slice(Math.max(0, at - 40), at))
          ? run
          : withoutCards(run, /^-?\w/.test(text.slice(at + run.length, at + run.length + 2)), replacement),
      ),
  },
  email: {
    trigger: undefined,
    mayHold: (text) => /@|%40|%25|\\u0040/.test(text),
    redact: (text, replacement, hashed) =>
      text.replace(email, (address) => hashed?.of(decoded(address)) ?? replacement),
  },
};

export const secretValues: readonly SecretValue[] = ['privateKey', 'jwt', 'bearer', 'card', 'email'];

/** What else may hold an address or a card: their signs in URLs and in JSON. */
const moreSigns = '@|%(?:20|25|40)|\\\\u0040';

/** The chosen patterns as one: what to look for, and what to do with a text in which it is. */
export function valuePatterns(
  values: readonly SecretValue[],
  replacement: string,
  hashedEmail: KeyedHash | undefined,
) {
  const chosen = secretValues.filter((value) => values.includes(value)).map((value) => patterns[value]);
  const triggers = chosen.flatMap(({ trigger }) => trigger ?? []).join('|');
  const any = new RegExp(triggers === '' ? moreSigns : `${moreSigns}|${triggers}`);
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

/** So many groups make a card. */
const mostGroups = 5;

/** `run` without the cards in it. A card is the whole of it, one group, or groups as cards have them; beside it stand dates and numbers. */
function withoutCards(run: string, goesOn: boolean, replacement: string): string {
  if (!goesOn && isCard(run)) return replacement;
  const groups = run.split(betweenGroups);
  // What a letter follows is no number.
  const last = goesOn ? groups.length - 1 : groups.length;
  if (groups.length === 1) return run;
  const signs = [...run.matchAll(/[ +\u00a0-]|%20/g)].map(([sign]) => sign);
  let result = '';
  for (let at = 0; at < groups.length; ) {
    const count = cardAt(groups, at, last);
    result += count === 0 ? groups[at] : replacement;
    at += Math.max(count, 1);
    result += signs[at - 1] ?? '';
  }
  return result;
}

/** How many of the groups from `at` on are a card. */
function cardAt(groups: readonly string[], at: number, last: number): number {
  for (let count = Math.min(mostGroups, last - at); count > 0; count -= 1) {
    const some = groups.slice(at, at + count);
    const isPrinted = count === 1 || cardGroups.has(some.map((group) => group.length).join(''));
    if (isPrinted && isCard(some.join(''))) return count;
  }
  return 0;
}

function isCard(text: string): boolean {
  if (!cardStart.test(text)) return false;
  const digits = text.replaceAll(/%20|\D/g, '');
  return digits.length >= 13 && digits.length <= 19 && passesLuhn(digits);
}

/** The address as it is when nobody escaped it, so that one person has one hash. */
function decoded(address: string): string {
  let plain = address.replace('\\u0040', '@');
  try {
    while (plain.includes('%')) plain = decodeURIComponent(plain);
    return plain;
  } catch {
    return plain.replace('%40', '@');
  }
}

/** ISO/IEC 7812-1, annex B: what one mistyped digit in ten fails. */
function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let place = 0; place < digits.length; place += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - place) - 0x30;
    const doubled = place % 2 === 1 ? digit * 2 : digit;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}
