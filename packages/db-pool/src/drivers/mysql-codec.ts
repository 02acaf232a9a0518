import { DbError } from '../db-error.js';
import type { DriverResult } from '../driver.js';
import { SqlJson } from '../sql/fragments.js';
import { decodeJson, encodeJson } from '../sql/json.js';
import { realNumber } from '../sql/real.js';
import { wellFormed } from '../sql/well-formed.js';
import { buildRows } from './build-rows.js';
import { decodeInteger } from './postgres-decode.js';

/** What the server says about a column; mysql2 hands it on. */
export interface MysqlColumn {
  readonly name: string;
  readonly columnType?: number | undefined;
  readonly columnLength?: number | undefined;
  /** MariaDB's `json`, whose column type is text. */
  readonly extendedFormat?: string | undefined;
}

/** MySQL's protocol, "Column Definition: field types". */
const type = { tiny: 1, float: 4, timestamp: 7, longlong: 8, time: 11, datetime: 12, json: 245 } as const;

export type DecodeColumn = (value: unknown) => unknown;

const asIs: DecodeColumn = (value) => value;
const asJson: DecodeColumn = (value) => (typeof value === 'string' ? decodeJson(value) : value);

/**
 * How a column's value, as mysql2 gives it with everything that could be rounded left as text, becomes the value that the
 * other engines give. `decimal`, `date` and `time` stay text.
 */
export function columnDecoder({ columnType, columnLength, extendedFormat }: MysqlColumn): DecodeColumn {
  if (extendedFormat === 'json') return asJson;
  switch (columnType) {
    case type.longlong:
      return (value) => (typeof value === 'string' ? decodeInteger(value) : value);
    case type.datetime:
    case type.timestamp:
      return (value) => (typeof value === 'string' ? decodeDatetime(value) : value);
    case type.json:
      return asJson;
    case type.float:
      return (value) => (typeof value === 'number' ? realNumber(value) : value);
    case type.time:
      return (value) => (typeof value === 'string' ? trimFraction(value) : value);
    case type.tiny:
      // `boolean` is another word for tinyint(1); a number that is no boolean stays one.
      return columnLength === 1 ? (value) => (value === 0 ? false : value === 1 ? true : value) : asIs;
    default:
      return asIs;
  }
}

/** The session's time zone is UTC, so that is what the text means. What no Date can hold (`0000-00-00`) stays text. */
function decodeDatetime(text: string): Date | string {
  const match = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?$/.exec(text);
  if (match === null) return text;
  const [, date, time, fraction = ''] = match;
  const parsed = new Date(`${date}T${time}.${fraction.padEnd(3, '0').slice(0, 3)}Z`);
  return Number.isNaN(parsed.getTime()) ? text : parsed;
}

/** `12:00:00.500` is `12:00:00.5` on PostgreSQL, and without a fraction where it is zero. */
function trimFraction(time: string): string {
  return time.includes('.') ? time.replace(/\.?0+$/, '') : time;
}

/** Rows as mysql2 gives them in arrays, with what it says of their columns. */
export function rowsResult(rows: readonly (readonly unknown[])[], columns: unknown): DriverResult {
  const known: readonly MysqlColumn[] = Array.isArray(columns) ? columns : [];
  const decoders = known.map(columnDecoder);
  const decoded = rows.map((row) =>
    row.map((value, at) => {
      const decode = decoders[at];
      return decode === undefined || value === null ? value : decode(value);
    }),
  );
  return {
    rows: buildRows(
      known.map(({ name }) => name),
      decoded,
    ),
    rowCount: rows.length,
  };
}

export type MysqlParameter = string | number | bigint | Buffer | null;

/**
 * Dates go as UTC, plain objects as JSON, bytes as they are. Whole numbers are bigint here, for the caller to send as
 * integers: mysql2 would send them as floating point, which rounds and which MySQL refuses after `limit`.
 *
 * @throws DbError `invalid_value` for arrays, which MySQL does not have, and for what has no counterpart.
 */
export function encodeParameter(value: unknown): MysqlParameter {
  if (value === null) return null;
  switch (typeof value) {
    case 'string':
      return wellFormed(value);
    case 'boolean':
      return value ? 1n : 0n;
    case 'bigint':
      if (value < -(2n ** 63n) || value >= 2n ** 64n)
        throw invalid('MySQL has integers of 64 bits. Pass larger ones as text.');
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw invalid('NaN and Infinity cannot be values in MySQL.');
      return Number.isSafeInteger(value) ? BigInt(value) : value;
    case 'object':
      return encodeObject(value);
    default:
      throw invalid(`A ${typeof value} cannot be a value of a statement.`);
  }
}

function encodeObject(value: object): MysqlParameter {
  if (SqlJson.is(value)) return encodeJson(value.value);
  if (value instanceof Date) return encodeDate(value);
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  if (Array.isArray(value)) {
    throw invalid('MySQL has no arrays: write sql.list(values) after `in`, or sql.json(values) for JSON.');
  }
  return encodeJson(value);
}

function encodeDate(date: Date): string {
  const year = date.getUTCFullYear();
  if (!(year >= 0 && year <= 9_999)) throw invalid('MySQL holds Dates from year 0 to 9999 only.');
  return date.toISOString().replace('T', ' ').replace('Z', '');
}

function invalid(message: string): DbError {
  return new DbError('invalid_value', message);
}
