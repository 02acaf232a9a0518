import { isAlphanumeric, isPrintable } from '../ascii.js';
import type { Accepted, Facts, SimpleKind } from './facts.js';
import { amountOf, unitBytes, unitMs } from './read-surely.js';

const portRange: Accepted = { min: 1, max: 65_535 };
const webProtocols: Accepted = { texts: ['http:', 'https:'] };
const anything: Accepted = {};

/** What the options of a builder come to, or `undefined`: then the full builder looks at them, and refuses them perhaps. */
export function acceptedBy(kind: SimpleKind, options: unknown): Accepted | undefined {
  if (kind === 'oneOf')
    return isTexts(options, isPrintable) &&
      !options.includes('undefined') &&
      !options.includes('[object Object]')
      ? { texts: [...options] }
      : undefined;
  if (options === undefined) {
    if (kind === 'port') return portRange;
    return kind === 'url' ? webProtocols : anything;
  }
  switch (kind) {
    case 'int':
    case 'number':
      return boundsOf(options);
    case 'duration':
      return boundsOf(options, unitMs);
    case 'bytes':
      return boundsOf(options, unitBytes);
    case 'string': {
      const pattern = isOptions(options, ['pattern']) ? options.pattern : undefined;
      return pattern instanceof RegExp && !pattern.global && !pattern.sticky ? { pattern } : undefined;
    }
    case 'url': {
      const texts = isOptions(options, ['protocols']) ? options.protocols : undefined;
      return isTexts(texts, isProtocol) ? { texts: [...texts] } : undefined;
    }
    default:
      return undefined;
  }
}

/** Of a list, whose items are to be simple too. */
export function acceptedInList(item: Facts | undefined, options: unknown): Accepted | undefined {
  if (item === undefined || item.kind === 'list' || item.exposure === 'secret') return undefined;
  if (options === undefined) return { item };
  if (!isOptions(options, ['unique', 'min', 'max', 'separator'])) return undefined;
  const { unique = false, separator = ',', min = 1, max = 1_000 } = options;
  if (typeof unique !== 'boolean' || typeof separator !== 'string' || separator.trim() === '')
    return undefined;
  if (!Number.isInteger(min) || !Number.isInteger(max) || Number(min) < 0) return undefined;
  return Number(max) < Math.max(1, Number(min))
    ? undefined
    : { item, unique, separator, min: Number(min), max: Number(max) };
}

function isProtocol(text: string): boolean {
  const name = text.slice(0, -1);
  const first = name.charAt(0);
  return first >= 'a' && first <= 'z' && text === `${name.toLowerCase()}:` && isAlphanumeric(name, '+.-');
}

function boundsOf(options: unknown, units?: Readonly<Record<string, number>>): Accepted | undefined {
  if (!isOptions(options, ['min', 'max'])) return undefined;
  const min = options.min === undefined ? -Number.MAX_SAFE_INTEGER : boundOf(options.min, units);
  const max = options.max === undefined ? Number.MAX_SAFE_INTEGER : boundOf(options.max, units);
  return min !== undefined && max !== undefined && min <= max ? { min, max } : undefined;
}

/** A number, or an amount in one of the units. */
function boundOf(bound: unknown, units?: Readonly<Record<string, number>>): number | undefined {
  if (typeof bound === 'string') return units && amountOf(bound, units);
  if (typeof bound !== 'number' || !(Math.abs(bound) <= Number.MAX_SAFE_INTEGER)) return undefined;
  return units === undefined || (Number.isInteger(bound) && bound >= 0) ? bound : undefined;
}

/** An object without any other key. */
export function isOptions<Name extends string>(
  given: unknown,
  names: readonly Name[],
): given is { readonly [N in Name]?: unknown } {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return false;
  for (const name of Object.keys(given)) if (!(names as readonly string[]).includes(name)) return false;
  return true;
}

/** A list of at least one text, none of them empty; all of them good. */
export function isTexts(given: unknown, isGood?: (text: string) => boolean): given is readonly string[] {
  if (!Array.isArray(given) || given.length === 0) return false;
  for (const text of given) {
    if (typeof text !== 'string' || text === '' || isGood?.(text) === false) return false;
  }
  return true;
}
