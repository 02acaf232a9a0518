import type { NativeQuery } from '../drivers/mysql-client.js';

/** Whatever mysql2's `query` and `execute` may be called with. */
export type MysqlQueryArguments = readonly unknown[];

export type MysqlCallback = (error: unknown, result?: unknown, fields?: unknown) => void;

export interface MysqlRequest {
  readonly options: NativeQuery;
  readonly callback: MysqlCallback | undefined;
}

/** Reads `query(sql, values?, callback?)` and `query(options, values?, callback?)`. */
export function readMysqlQuery(given: MysqlQueryArguments): MysqlRequest {
  const [first, second] = given;
  const callback = given.find(isCallback);
  const values = second === undefined || isCallback(second) ? {} : { values: listOf(second) };
  if (typeof first === 'string') return { options: { sql: first, ...values }, callback };
  const sql: unknown = typeof first === 'object' && first !== null ? Reflect.get(first, 'sql') : undefined;
  if (typeof sql !== 'string') throw new TypeError('query() takes a text, or options with sql.');
  return { options: { ...Object(first), sql, ...values }, callback };
}

/** mysql2 takes a single value too. */
function listOf(values: unknown): readonly unknown[] {
  return Array.isArray(values) ? values : [values];
}

function isCallback(value: unknown): value is MysqlCallback {
  return typeof value === 'function';
}

/** Gives rows and fields to a callback when there is one, as mysql2 does. */
export function callBack(
  work: Promise<readonly [unknown, unknown]>,
  callback: MysqlCallback | undefined,
): void {
  work.then(
    ([result, fields]) => callback !== undefined && process.nextTick(callback, null, result, fields),
    (error: unknown) => callback !== undefined && process.nextTick(callback, error),
  );
}
