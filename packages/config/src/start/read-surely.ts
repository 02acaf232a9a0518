import { isPrintable } from '../ascii.js';
import type { Accepted, Facts } from './facts.js';
import { isSureEmail } from './sure-email.js';
import { isOrigin, isSureUrl, protocolOf } from './sure-url.js';

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
 * lines leave to the full definition. Most kinds have but one text that they take for a value, so that nothing else has to
 * be asked about it.
 */
export function readSurely(facts: Facts, text: string): unknown {
  switch (facts.kind) {
    case 'string':
      return isPrintable(text) && isRealText(text, facts.accepted) ? text : undefined;
    case 'int':
    case 'port':
    case 'number':
      return readNumber(facts, text);
    case 'bool':
      return text === 'true' ? true : text === 'false' ? false : undefined;
    default:
      return readRarer(facts, text);
  }
}

/** The kinds of which a configuration has a few. Apart, so that V8 has little to compile of what is called for each text. */
function readRarer({ kind, accepted }: Facts, text: string): unknown {
  switch (kind) {
    case 'url':
      return isSureUrl(text) && accepted.texts?.includes(protocolOf(text)) === true ? text : undefined;
    case 'origin':
      return isSureUrl(text) && isOrigin(text) ? text : undefined;
    case 'email':
      return isSureEmail(text) ? text : undefined;
    case 'duration': {
      const ms = readAmount(accepted, text, unitMs);
      return ms === undefined ? undefined : Object.freeze({ ms, seconds: ms / 1000 });
    }
    case 'bytes':
      return readAmount(accepted, text, unitBytes);
    case 'list':
      return isPrintable(text) ? readItems(accepted, text) : undefined;
    default:
      return accepted.texts?.includes(text) === true ? text : undefined;
  }
}

/** Not what JavaScript writes for no value, nor the beginning of a key on one line. */
function isRealText(text: string, { pattern }: Accepted): boolean {
  if (text === 'undefined' || text === '[object Object]' || text.startsWith('-----BEGIN ')) return false;
  return pattern === undefined || pattern.test(text);
}

/** Only as JavaScript would write it, which is the one text that nobody reads in another way. */
function readNumber({ kind, accepted }: Facts, text: string): number | undefined {
  const value = Number(text);
  if (!(value >= accepted.min && value <= accepted.max) || String(value) !== text) return undefined;
  return kind === 'number' || Number.isInteger(value) ? value : undefined;
}

function readAmount(
  { min, max }: Accepted,
  text: string,
  units: Readonly<Record<string, number>>,
): number | undefined {
  const amount = amountOf(text, units);
  return amount === undefined || amount < min || amount > max ? undefined : amount;
}

/** One whole number and one unit. */
export function amountOf(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const amount = Number.parseInt(text, 10);
  const digits = String(amount);
  if (!text.startsWith(digits)) return undefined;
  const unit = text.slice(digits.length);
  const value = Object.hasOwn(units, unit) ? amount * (units[unit] ?? 0) : 0;
  return value > 0 && Number.isSafeInteger(value) ? value : undefined;
}

function readItems({ item, separator = ',', unique, min, max }: Accepted, text: string): unknown {
  if (item === undefined) return undefined;
  const parts = text.split(separator);
  if (parts.length < min || parts.length > max) return undefined;
  const values: unknown[] = [];
  for (let at = 0; at < parts.length; at += 1) {
    const part = (parts[at] ?? '').trim();
    const value = readSurely(item, part);
    if (value === undefined) return undefined;
    parts[at] = part;
    values.push(value);
  }
  return unique === true && new Set(parts).size < parts.length ? undefined : Object.freeze(values);
}
