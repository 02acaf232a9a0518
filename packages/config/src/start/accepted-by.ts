import { isAlphanumeric, isPrintable } from '../ascii.js';
import type { Accepted, Facts, SimpleKind } from './facts.js';
import { amountOf, unitBytes, unitMs } from './read-surely.js';

const largest = Number.MAX_SAFE_INTEGER;
export const anything: Accepted = { min: -largest, max: largest };
const portRange: Accepted = { min: 1, max: 65_535 };
const webProtocols: Accepted = { min: 0, max: 0, texts: ['http:', 'https:'] };

/** What a kind accepts without options. */
export function acceptedAlways(kind: SimpleKind): Accepted | undefined {
  if (kind === 'port') return portRange;
  if (kind === 'url') return webProtocols;
  return kind === 'oneOf' ? undefined : anything;
}

/** What the options of a builder come to, or `undefined`: then the full builder looks at them, and refuses them perhaps. */
export function acceptedBy(kind: SimpleKind, options: unknown): Accepted | undefined {
  switch (kind) {
    case 'int':
    case 'number':
      return boundsOf(options, undefined);
    case 'duration':
      return boundsOf(options, unitMs);
    case 'bytes':
      return boundsOf(options, unitBytes);
    case 'oneOf':
      return isTexts(options, isChoice) ? { min: 0, max: 0, texts: options.slice() } : undefined;
    case 'url':
      return isOptions(options, ['protocols']) && isTexts(options.protocols, isProtocol)
        ? { min: 0, max: 0, texts: options.protocols.slice() }
        : undefined;
    case 'string':
      return patternOf(options);
    default:
      return undefined;
  }
}

const patternOf = (options: unknown): Accepted | undefined => {
  const pattern = isOptions(options, ['pattern']) ? options.pattern : undefined;
  return pattern instanceof RegExp && !pattern.global && !pattern.sticky
    ? { min: 0, max: 0, pattern }
    : undefined;
};

/** Of a list, whose items are to be simple too. */
export function acceptedInList(item: Facts | undefined, options: unknown): Accepted | undefined {
  if (item === undefined || item.kind === 'list' || item.exposure !== 'server' || item.optional)
    return undefined;
  if (item.fallback !== undefined || item.limited.length > 0) return undefined;
  if (options !== undefined) return acceptedInListWith(item, options);
  return { min: 1, max: 1_000, item, separator: ',', unique: false };
}

const acceptedInListWith = (item: Facts, options: unknown): Accepted | undefined => {
  if (!isOptions(options, ['unique', 'min', 'max', 'separator'])) return undefined;
  const { unique = false, separator = ',', min = 1, max = 1_000 } = options;
  if (typeof unique !== 'boolean' || typeof separator !== 'string' || separator.trim() === '')
    return undefined;
  if (!Number.isInteger(min) || !Number.isInteger(max) || Number(min) < 0) return undefined;
  return Number(max) < Math.max(1, Number(min))
    ? undefined
    : { min: Number(min), max: Number(max), item, separator, unique };
};

function isChoice(text: string): boolean {
  return isPrintable(text) && text !== 'undefined' && text !== '[object Object]';
}

function isProtocol(text: string): boolean {
  const name = text.slice(0, -1);
  const first = name.charAt(0);
  return first >= 'a' && first <= 'z' && text === `${name.toLowerCase()}:` && isAlphanumeric(name, '+.-');
}

function boundsOf(
  options: unknown,
  units: Readonly<Record<string, number>> | undefined,
): Accepted | undefined {
  if (!isOptions(options, ['min', 'max'])) return undefined;
  const min = options.min === undefined ? -largest : boundOf(options.min, units);
  const max = options.max === undefined ? largest : boundOf(options.max, units);
  return min !== undefined && max !== undefined && min <= max ? { min, max } : undefined;
}

/** A number, or an amount in one of the units. */
function boundOf(bound: unknown, units: Readonly<Record<string, number>> | undefined): number | undefined {
  if (typeof bound === 'string') return units && amountOf(bound, units);
  if (typeof bound !== 'number' || !(Math.abs(bound) <= largest)) return undefined;
  return units === undefined || (Number.isInteger(bound) && bound >= 0) ? bound : undefined;
}

/** An object without any other key. */
export function isOptions<Name extends string>(
  given: unknown,
  names: readonly Name[],
): given is { readonly [N in Name]?: unknown } {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return false;
  const keys = Object.keys(given);
  const known: readonly string[] = names;
  for (let at = 0; at < keys.length; at += 1) if (!known.includes(keys[at] ?? '')) return false;
  return true;
}

/** A list of at least one text, none of them empty; all of them good. */
export function isTexts(given: unknown, isGood?: (text: string) => boolean): given is readonly string[] {
  if (!Array.isArray(given) || given.length === 0) return false;
  for (let at = 0; at < given.length; at += 1) {
    const text: unknown = given[at];
    if (typeof text !== 'string' || text === '' || isGood?.(text) === false) return false;
  }
  return true;
}
