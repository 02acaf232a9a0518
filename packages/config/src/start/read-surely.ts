import { isPrintable } from '../ascii.js';
import type { Accepted, Facts } from './facts.js';
import { isSureEmail } from './sure-email.js';
import { sureUrl } from './sure-url.js';

export const unitMs = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };
export const unitBytes = {
  '': 1,
  b: 1,
  k: 2 ** 10,
  kb: 2 ** 10,
  m: 2 ** 20,
  mb: 2 ** 20,
  g: 2 ** 30,
  gb: 2 ** 30,
};

/**
 * What the full definition of the field reads `text` as, or `undefined`: then the text is wrong, or is one that these few
 * lines leave to the full definition.
 */
export function readSurely({ kind, accepted }: Facts, text: string): unknown {
  if (!isPrintable(text)) return undefined;
  switch (kind) {
    case 'string':
      if (text === 'undefined' || text === '[object Object]' || text.startsWith('-----BEGIN '))
        return undefined;
      return accepted.pattern?.test(text) === false ? undefined : text;
    case 'int':
    case 'port':
    case 'number':
      return readNumber(accepted, text, kind === 'number');
    case 'bool':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    case 'url':
      return accepted.texts?.includes(sureUrl(text)?.protocol ?? '') === true ? text : undefined;
    case 'origin': {
      const { protocol = '', user = '', place = '' } = sureUrl(text) ?? {};
      const isWeb = protocol === 'https:' || protocol === 'http:';
      return isWeb && user === '' && !place.includes('/') ? text : undefined;
    }
    case 'email':
      return isSureEmail(text) ? text : undefined;
    case 'oneOf':
    case 'profile':
      return accepted.texts?.includes(text) === true ? text : undefined;
    case 'duration': {
      const ms = inRange(accepted, amountOf(text, unitMs));
      return ms === undefined ? undefined : Object.freeze({ ms, seconds: ms / 1000 });
    }
    case 'bytes':
      return inRange(accepted, amountOf(text, unitBytes));
    case 'list':
      return readItems(accepted, text);
  }
}

function inRange({ min, max }: Accepted, value: number | undefined): number | undefined {
  if (value === undefined || (min !== undefined && value < min)) return undefined;
  return max !== undefined && value > max ? undefined : value;
}

/** Only as JavaScript would write it, which is the one text that nobody reads in another way. */
function readNumber(accepted: Accepted, text: string, fractions: boolean): number | undefined {
  const value = Number(text);
  if (String(value) !== text || !Number.isFinite(value)) return undefined;
  if (Number.isInteger(value) ? !Number.isSafeInteger(value) : !fractions) return undefined;
  return inRange(accepted, value);
}

/** One whole number and one unit. */
export function amountOf(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const amount = Number.parseInt(text, 10);
  const unit = text.slice(String(amount).length);
  const value = amount * (Object.hasOwn(units, unit) ? (units[unit] ?? 0) : 0);
  return value > 0 && Number.isSafeInteger(value) && text.startsWith(String(amount)) ? value : undefined;
}

function readItems({ item, separator = ',', unique, min = 1, max = 1_000 }: Accepted, text: string) {
  if (item === undefined) return undefined;
  const values: unknown[] = [];
  const texts = new Set<string>();
  for (const part of text.split(separator)) {
    const trimmed = part.trim();
    const value = readSurely(item, trimmed);
    if (value === undefined) return undefined;
    values.push(value);
    texts.add(trimmed);
  }
  if (values.length < min || values.length > max) return undefined;
  return unique === true && texts.size < values.length ? undefined : Object.freeze(values);
}
