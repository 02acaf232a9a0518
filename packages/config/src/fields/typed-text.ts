import { fieldKey } from '../field.js';
import { invalid, type Parsed, valid } from '../parsed.js';
import { textPatterns } from '../text-shape.js';
import { boolField } from './bool.js';
import { numberField } from './numbers.js';
import { textFault } from './text-faults.js';

/** A text that is read before a schema sees it, and what to say that it must be. */
export interface TypedText {
  readonly expected: string;
  readonly pattern: string;
  readonly parse: (text: string) => Parsed;
}

const bool = boolField()[fieldKey];
const number = numberField()[fieldKey];

const readers: Readonly<Record<string, TypedText>> = {
  boolean: { ...bool, pattern: textPatterns.bool },
  number: { ...number, pattern: textPatterns.number },
  bigint: {
    pattern: textPatterns.int,
    expected: 'a whole number',
    parse: (text) =>
      /^(?:0|-?[1-9][0-9]{0,999})$/.test(text) ? valid(BigInt(text)) : invalid('is not a whole number'),
  },
  date: {
    pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}',
    expected: 'a date such as 2026-11-22 or 2026-11-22T08:00:00Z',
    parse: parseDate,
  },
};

/** Schemas of zod around another one, which reads what they are given. */
const wrappers: ReadonlySet<unknown> = new Set([
  'optional',
  'nullable',
  'default',
  'prefault',
  'nonoptional',
  'readonly',
  'catch',
]);

/**
 * How a text is read for a zod schema of a type that is no text, or `undefined` for every other schema. Left to itself
 * `z.coerce` guesses: `"false"` becomes true, a blank 0, `0x10` 16 and `"1"` a day in 2001; and without `coerce` no text
 * is ever right.
 */
export function typedText(schema: unknown): TypedText | undefined {
  for (const { type } of layersOf(schema)) {
    if (typeof type === 'string' && Object.hasOwn(readers, type)) return readers[type];
  }
  return undefined;
}

/** Whether zod would make a value out of nothing: `z.coerce.boolean()` reads what is not set as false. */
export function coercesNothing(schema: unknown): boolean {
  for (const { type, coerce } of layersOf(schema)) {
    if (coerce) return true;
    if (typeof type === 'string' && answersNothing.has(type)) return false;
  }
  return false;
}

const answersNothing: ReadonlySet<string> = new Set(['optional', 'default', 'prefault', 'catch']);

/**
 * Whether zod would guess at the text somewhere behind a union, a lazy schema, a transformation or another text, where it
 * cannot be read strictly before. What an array or an object holds is no text of a variable.
 */
export function guesses(schema: unknown): boolean {
  return typedText(schema) === undefined && coercesWithin(schema, new Set());
}

function coercesWithin(schema: unknown, seen: Set<unknown>): boolean {
  if (seen.has(schema)) return false;
  seen.add(schema);
  const definition = memberOf(memberOf(schema, '_zod'), 'def');
  const type = memberOf(definition, 'type');
  if (type === undefined) return false;
  if (typeof type === 'string' && Object.hasOwn(readers, type))
    return memberOf(definition, 'coerce') === true;
  const options = memberOf(definition, 'options');
  const parts = ['innerType', 'in', 'out', 'left', 'right'].map((key) => memberOf(definition, key));
  const all = [...parts, ...(Array.isArray(options) ? options : []), innerOfLazy(definition)];
  return all.some((part) => coercesWithin(part, seen));
}

function innerOfLazy(definition: unknown): unknown {
  const getter = memberOf(definition, 'getter');
  return typeof getter === 'function' ? getter() : undefined;
}

/** A zod schema, then what it wraps, from the outside in. */
function* layersOf(schema: unknown): Generator<{ readonly type: unknown; readonly coerce: boolean }> {
  let at = schema;
  for (let depth = 0; depth < 32; depth += 1) {
    const definition = memberOf(memberOf(at, '_zod'), 'def');
    const type = memberOf(definition, 'type');
    if (type === undefined) return;
    yield { type, coerce: memberOf(definition, 'coerce') === true };
    if (wrappers.has(type)) at = memberOf(definition, 'innerType');
    else if (type === 'pipe') at = memberOf(definition, 'in');
    else return;
  }
}

/** The faults of the text itself, then what it reads as. */
export function readTyped(typed: TypedText | undefined, text: string): Parsed {
  // Whether a schema of texts takes several lines only the schema knows; one line with its end was copied with it.
  const fault = textFault(text, { multiline: typed === undefined && /[\r\n](?=[^\r\n])/.test(text) });
  if (fault !== undefined) return invalid(fault);
  return typed === undefined ? valid(text) : typed.parse(text);
}

/** RFC 3339, with a day that exists: the 31st of February is not the 3rd of March. */
function parseDate(text: string): Parsed {
  const [, day] = /^(\d{4}-\d\d-\d\d)(?:T\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d))?$/.exec(text) ?? [];
  const time = Date.parse(text);
  const exists = day !== undefined && Number.isFinite(time) && isoDay(Date.parse(day)) === day;
  return exists ? valid(new Date(time)) : invalid('is not a date');
}

function isoDay(time: number): string {
  return Number.isFinite(time) ? new Date(time).toISOString().slice(0, 10) : '';
}

function memberOf(value: unknown, key: string): unknown {
  return (typeof value === 'object' || typeof value === 'function') && value !== null
    ? Reflect.get(value, key)
    : undefined;
}
