import { DbError } from '../db-error.js';
import { SqlJson } from '../sql/fragments.js';
import { encodeJson } from '../sql/json.js';
import { wellFormed } from '../sql/well-formed.js';

/** A value as PostgreSQL reads it: text, bytes, or NULL. */
export type EncodedValue = string | Buffer | null;

/**
 * Dates go as UTC, plain objects as JSON, arrays as PostgreSQL arrays, bytes as they are.
 *
 * @throws DbError `invalid_value` for what has no counterpart: functions, symbols, invalid dates.
 */
export function encodeValue(value: unknown): EncodedValue {
  if (value === null) return null;
  switch (typeof value) {
    case 'string':
      return storable(value);
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'object':
      return encodeObject(value);
    default:
      throw new DbError('invalid_value', `A ${typeof value} cannot be a value of a statement.`);
  }
}

function encodeObject(value: object): EncodedValue {
  if (SqlJson.is(value)) return encodeJson(value.value);
  if (value instanceof Date) return encodeDate(value);
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (Array.isArray(value)) return encodeArray(value);
  return encodeJson(value);
}

/** ISO 8601 in UTC. A column without time zone ignores the zone, and so keeps UTC. */
function encodeDate(date: Date): string {
  const time = date.getTime();
  if (Number.isNaN(time))
    throw new DbError('invalid_value', 'An invalid Date cannot be a value of a statement.');
  const year = date.getUTCFullYear();
  if (year >= 1 && year <= 9_999) return date.toISOString();
  if (year > 9_999) return date.toISOString().slice(1); // PostgreSQL reads 12345-01-01, not +012345-01-01
  throw new DbError('invalid_value', 'A Date before the year 1 cannot be a value of a statement; pass text.');
}

function encodeArray(values: readonly unknown[]): string {
  return `{${values.map(encodeElement).join(',')}}`;
}

function encodeElement(value: unknown): string {
  if (value === undefined) throw new DbError('invalid_value', 'An array in the statement holds undefined.');
  if (Array.isArray(value)) return encodeArray(value);
  const encoded = encodeValue(value);
  if (encoded === null) return 'NULL';
  const text = typeof encoded === 'string' ? encoded : `\\x${encoded.toString('hex')}`;
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

/** PostgreSQL's text has no zero character, and says so in a message that repeats the value. */
function storable(text: string): string {
  if (text.includes('\0')) {
    throw new DbError(
      'invalid_value',
      'Text with a zero character cannot be stored; pass a Buffer into a bytea column.',
    );
  }
  return wellFormed(text);
}
