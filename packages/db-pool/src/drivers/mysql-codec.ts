import { DbError } from '../db-error.js';
import type { DriverResult } from '../driver.js';
import { SqlJson } from '../sql/fragments.js';
import { decodeJson, encodeJson } from '../sql/json.js';
import { realNumber } from '../sql/real.js';
import { wellFormed } from '../sql/well-formed.js';

/** What the server says about a column; mysql2 hands it on. */
interface MysqlColumn {
  readonly name: string;
  readonly columnType?: number | undefined;
  readonly columnLength?: number | undefined;
  /** MariaDB's `json`, whose column type is text. */
  readonly extendedFormat?: string | undefined;
}

/** MySQL's protocol, "Column Definition: field types". */
const type = { tiny: 1, float: 4, timestamp: 7, longlong: 8, time: 11, datetime: 12, json: 245 } as const;

type DecodeColumn = (value: unknown) => unknown;

const ofText =
  (decode: (text: string) => unknown): DecodeColumn =>
  (value) =>
    typeof value === 'string' ? decode(value) : value;

// mysql2 gives numbers where they are exact.
const asInteger = ofText(BigInt);
const asDatetime = ofText(decodeDatetime);
const asTime = ofText(trimFraction);
const asJson = ofText(decodeJson);
const asReal: DecodeColumn = (value) => (typeof value === 'number' ? realNumber(value) : value);
const asBoolean: DecodeColumn = (value) => (value === 0 ? false : value === 1 ? true : value);

/**
 * How a column's value, as mysql2 gives it with everything that could be rounded left as text, becomes the value that the
 * other engines give; `undefined` where it is that. `decimal`, `date` and `time` stay text.
 */
function decoderOf({ columnType, columnLength, extendedFormat }: MysqlColumn): DecodeColumn | undefined {
  if (extendedFormat === 'json') return asJson;
  switch (columnType) {
    case type.longlong:
      return asInteger;
    case type.datetime:
    case type.timestamp:
      return asDatetime;
    case type.json:
      return asJson;
    case type.float:
      return asReal;
    case type.time:
      return asTime;
    case type.tiny:
      // `boolean` is another word for tinyint(1); a number that is no boolean stays one.
      return columnLength === 1 ? asBoolean : undefined;
    default:
      return undefined;
  }
}

/**
 * The session's time zone is UTC, so that is what the text means. What no Date can hold stays text: `0000-00-00`, and with
 * ALLOW_INVALID_DATES February 30, which a Date would make March 1.
 */
function decodeDatetime(text: string): Date | string {
  const match = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?$/.exec(text);
  if (match === null) return text;
  const [, date, time, fraction = ''] = match;
  const parsed = new Date(`${date}T${time}.${fraction.padEnd(3, '0').slice(0, 3)}Z`);
  return parsed.getUTCDate() === Number(date?.slice(-2)) ? parsed : text;
}

/** `12:00:00.500` is `12:00:00.5` on PostgreSQL, and without a fraction where it is zero. */
function trimFraction(time: string): string {
  return time.includes('.') ? time.replace(/\.?0+$/, '') : time;
}

/** Those columns of rows whose values are not yet what they should be. */
export type MysqlDecoders = readonly (readonly [name: string, decode: DecodeColumn])[];

/** @param columns - As mysql2 gives them. */
export function mysqlDecoders(columns: unknown): MysqlDecoders {
  const known: readonly MysqlColumn[] = Array.isArray(columns) ? columns : [];
  const decoders: [string, DecodeColumn][] = [];
  for (let at = 0; at < known.length; at += 1) {
    const column = known[at];
    const decode = column === undefined ? undefined : decoderOf(column);
    if (column === undefined || decode === undefined) continue;
    // Of several columns with one name the row has the last one's value.
    if (known.findLastIndex(({ name }) => name === column.name) === at) decoders.push([column.name, decode]);
  }
  return decoders;
}

/** Changes the values in the rows, which are nobody else's yet. */
export function decodeRows(rows: readonly Record<string, unknown>[], decoders: MysqlDecoders): void {
  for (const [name, decode] of decoders) {
    for (const row of rows) {
      const value = row[name];
      if (value !== null) row[name] = decode(value);
    }
  }
}

/** What mysql2 answered, which of several results of a procedure is the first. */
export function mysqlResult(answer: unknown, columns: unknown): DriverResult {
  if (!Array.isArray(answer)) return changeResult(answer);
  return hasResults(columns) ? rowsResult(answer[0], columns[0]) : rowsResult(answer, columns);
}

/** Bit 0 of the status flags: a transaction is open. */
const inTransactionFlag = 1;

/** Whether a transaction is open, by the header of a change or of the last result of a procedure; rows say nothing of it. */
export function inTransactionOf(answer: unknown, columns: unknown): boolean | undefined {
  const header: unknown = !Array.isArray(answer) ? answer : hasResults(columns) ? answer.at(-1) : undefined;
  const status: unknown =
    typeof header === 'object' && header !== null ? Reflect.get(header, 'serverStatus') : undefined;
  return typeof status === 'number' ? (status & inTransactionFlag) !== 0 : undefined;
}

function hasResults(columns: unknown): columns is unknown[] {
  return Array.isArray(columns) && Array.isArray(columns[0]);
}

/** Rows as mysql2 gives them in objects, with what it says of their columns. */
function rowsResult(rows: readonly Record<string, unknown>[], columns: unknown): DriverResult {
  decodeRows(rows, mysqlDecoders(columns));
  return { rows, rowCount: rows.length };
}

/** What a change did, as mysql2 says it. */
function changeResult(header: unknown): DriverResult {
  const field = (name: string): unknown =>
    typeof header === 'object' && header !== null ? Reflect.get(header, name) : undefined;
  const rowCount = Number(field('affectedRows') ?? 0);
  const insertId = field('insertId');
  const hasId = (typeof insertId === 'number' || typeof insertId === 'string') && Number(insertId) !== 0;
  // mysql2 reads it as a signed integer; the server's is unsigned.
  return hasId
    ? { rows: [], rowCount, insertId: BigInt.asUintN(64, BigInt(insertId)) }
    : { rows: [], rowCount };
}

export type MysqlParameter = string | number | bigint | boolean | Buffer | null;

/**
 * Dates go as UTC, plain objects as JSON, bytes as they are. Whole numbers are for the caller to send as integers: mysql2 would send
 * them as floating point, which rounds and which MySQL refuses after `limit`.
 *
 * @throws DbError `invalid_value` for arrays, which MySQL does not have, and for what has no counterpart.
 */
export function encodeParameter(value: unknown): MysqlParameter {
  if (value === null) return null;
  switch (typeof value) {
    case 'string':
      return wellFormed(value);
    case 'boolean':
      return value; // a whole number of one byte
    case 'bigint':
      if (value < -(2n ** 63n) || value >= 2n ** 64n)
        throw invalid('MySQL has integers of 64 bits. Pass larger ones as text.');
      return value;
    case 'number':
      if (!Number.isFinite(value)) throw invalid('NaN and Infinity cannot be values in MySQL.');
      return value;
    case 'object':
      return encodeObject(value);
    default:
      throw invalid(`A ${typeof value} cannot be a value of a statement.`);
  }
}

export function isWhole(value: MysqlParameter): value is number | bigint {
  return typeof value === 'bigint' || Number.isSafeInteger(value);
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
