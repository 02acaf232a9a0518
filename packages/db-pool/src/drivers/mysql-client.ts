import { Readable } from 'node:stream';
import { DbError } from '../db-error.js';

export type Answer = (error: unknown, rows?: unknown, columns?: unknown) => void;

/** The part of a mysql2 connection that is used. */
export interface MysqlClient {
  readonly threadId: number | null;
  connect(answer: (error: unknown) => void): void;
  query(options: string | { readonly sql: string }, answer?: Answer): unknown;
  execute(options: string | { readonly sql: string }, values: unknown[], answer?: Answer): unknown;
  prepare(sql: string, answer: (error: unknown, statement?: MysqlStatement) => void): unknown;
  unprepare(sql: string): unknown;
  ping(answer: (error: unknown) => void): void;
  end(answer: (error: unknown) => void): void;
  on(event: 'error' | 'end', listener: () => void): unknown;
}

/** A statement that the server has prepared. */
export interface MysqlStatement {
  execute(values: unknown[], answer: Answer): unknown;
}

/** A query in mysql2's own words. */
export interface NativeQuery {
  readonly sql: string;
  readonly values?: readonly unknown[] | undefined;
}

/** Where mysql2 keeps what a connection was made with; not documented. */
export function configOf(client: MysqlClient): object | undefined {
  const config: unknown = Reflect.get(client, 'config');
  return typeof config === 'object' && config !== null ? config : undefined;
}

/** The rows and columns, or the change, that a callback was called with. */
export function callback(start: (answer: Answer) => void): Promise<readonly [unknown, unknown]> {
  return new Promise((resolve, reject) => {
    start((error, rows, columns) => {
      if (error === null || error === undefined) resolve([rows, columns]);
      else reject(error);
    });
  });
}

/** Which server it is, where several stand behind one name. */
export async function serverOf(client: MysqlClient): Promise<string | undefined> {
  const [rows] = await callback((answer) =>
    client.query(`select concat_ws(':', @@hostname, @@port, @@server_id) as server`, answer),
  );
  const server: unknown = Array.isArray(rows) ? Reflect.get(Object(rows[0]), 'server') : undefined;
  return typeof server === 'string' ? server : undefined;
}

/** COM_RESET_CONNECTION, which mysql2's types do not mention. */
export function resetClient(client: MysqlClient, answer: Answer): void {
  const reset: unknown = Reflect.get(client, 'reset');
  if (typeof reset === 'function') reset.call(client, answer);
  else
    answer(new DbError('unknown', 'This mysql2 cannot reset a connection; install version 3.14 or later.'));
}

/** mysql2 marks what ended the connection. */
export function isFatal(error: unknown): boolean {
  return typeof error === 'object' && error !== null && Reflect.get(error, 'fatal') === true;
}

/** The rows of a query that was sent without a callback. @throws DbError `unknown` for a mysql2 that cannot. */
export function streamOf(command: unknown, options: object): Readable {
  const stream: unknown =
    typeof command === 'object' && command !== null ? Reflect.get(command, 'stream') : undefined;
  const rows: unknown = typeof stream === 'function' ? stream.call(command, options) : undefined;
  if (rows instanceof Readable) return rows;
  throw new DbError('unknown', 'This mysql2 gives no stream; install version 3.24 or later.');
}

/** mysql2's own destroy() only half-closes, which keeps the socket while the server does not answer. */
export function destroySocket(client: MysqlClient): void {
  const stream: unknown = Reflect.get(client, 'stream');
  if (typeof stream !== 'object' || stream === null) return;
  const destroy: unknown = Reflect.get(stream, 'destroy');
  if (typeof destroy === 'function') destroy.call(stream);
}

/** What is thrown in a callback of mysql2 would end the process. */
export function settle<T>(work: () => T, resolve: (value: T) => void, fail: (error: unknown) => void): void {
  try {
    resolve(work());
  } catch (error) {
    fail(error);
  }
}
