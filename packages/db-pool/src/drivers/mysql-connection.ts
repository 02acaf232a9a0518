import type { Readable } from 'node:stream';
import { DbError } from '../db-error.js';
import type { DriverConnection, DriverResult, DriverRows, TransactionState } from '../driver.js';
import type { Statement } from '../sql/compile.js';
import { lostError } from './lost-error.js';
import {
  type Answer,
  callback,
  destroySocket,
  isFatal,
  type MysqlClient,
  type NativeQuery,
  resetClient,
  settle,
  streamOf,
} from './mysql-client.js';
import { encodeParameter, inTransactionOf, isWhole, mysqlResult } from './mysql-codec.js';
import { mysqlError, mysqlFailure } from './mysql-error.js';
import { useNativeValues } from './mysql-native.js';
import { isPreparable } from './mysql-preparable.js';
import { busyError, MysqlRows } from './mysql-rows.js';
import { MysqlSession } from './mysql-session.js';
import { MysqlStatements } from './mysql-statements.js';
import { splitScript } from './split-script.js';

/** ER_QUERY_INTERRUPTED */
const interrupted = 1317;

/** One mysql2 connection as a connection of the pool. */
export class MysqlConnection implements DriverConnection {
  /** Which server it leads to. */
  server: string | undefined;
  readonly #client: MysqlClient;
  readonly #encodeInteger: (value: number | bigint) => unknown;
  readonly #kill: () => Promise<void>;
  readonly #statements: MysqlStatements;
  readonly #session: MysqlSession;
  #isOpen = true;
  #lost: () => void = () => undefined;
  #inTransaction = false;
  #streaming: MysqlRows | undefined;

  constructor(
    client: MysqlClient,
    encodeInteger: (value: number | bigint) => unknown,
    kill: () => Promise<void>,
    maxPreparedStatements: number,
  ) {
    this.#client = client;
    this.#encodeInteger = encodeInteger;
    this.#kill = kill;
    this.#statements = new MysqlStatements(client, maxPreparedStatements);
    this.#session = new MysqlSession(client);
    // For the client's whole life: an 'error' without a listener ends the process.
    client.on('error', () => this.#close());
    client.on('end', () => this.#close());
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  get transactionState(): TransactionState {
    return this.#inTransaction ? 'open' : 'none';
  }

  onLost(listener: () => void): void {
    this.#lost = listener;
  }

  query({ text, values }: Statement): Promise<DriverResult> {
    // One promise: this is on the way of every statement.
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => reject(this.#failureOf(error, text));
      try {
        if (this.#streaming !== undefined) throw busyError();
        if (!this.#isOpen) throw lostError({ unsent: true });
        this.#start(text, this.#encode(values), (error, rows, columns) => {
          if (error !== null && error !== undefined)
            return isFatal(error) ? fail(error) : this.#askStatus(() => fail(error));
          const done = (): void => settle(() => mysqlResult(rows, columns), resolve, fail);
          this.#readStatus(rows, columns);
          if (!Array.isArray(rows) || isPreparable(text)) done();
          else this.#askStatus(done);
        });
      } catch (error) {
        fail(error);
      }
    });
  }

  /** Not everything can be prepared. What gives rows is, with or without values: as text a `float` has six digits. */
  #start(text: string, parameters: unknown[], answer: Answer): void {
    if (parameters.length === 0 && !isPreparable(text)) this.#client.query(text, answer);
    else this.#statements.execute(text, parameters, answer);
  }

  openRows({ text, values }: Statement, batch: number): DriverRows {
    if (this.#streaming !== undefined) throw busyError();
    this.#statements.forget();
    const command = this.#client.execute(text, this.#encode(values)); // what is streamed can be prepared
    const rows = new MysqlRows({
      stream: streamOf(command, { highWaterMark: batch }),
      failure: (error) => this.#failureOf(error, text),
      kill: async () => {
        await this.#kill();
        await this.#absorbKill();
      },
      onOver: () => {
        this.#streaming = undefined;
      },
    });
    this.#streaming = rows;
    return rows;
  }

  /**
   * Runs what mysql2's own `query` and `execute` take, with values as mysql2 gives them: for tools that expect mysql2 itself.
   *
   * @throws what the server said, as mysql2 says it; DbError `connection_lost`.
   */
  async native(method: 'query' | 'execute', options: NativeQuery): Promise<readonly [unknown, unknown]> {
    const restore = useNativeValues(this.#client);
    this.#statements.forget();
    try {
      const answer = await callback((done) => {
        if (method === 'execute') this.#client.execute(options, [...(options.values ?? [])], done);
        else this.#client.query(options, done);
      });
      this.#readStatus(...answer);
      return answer;
    } catch (error) {
      if (mysqlFailure(error) !== undefined && this.#isOpen) throw error;
      if (this.#isOpen && !isFatal(error)) throw error; // mysql2's own words about a parameter
      this.#close();
      throw lostError();
    } finally {
      restore();
    }
  }

  /** The rows of a query as mysql2 streams them. `done` settles when the server has sent all. */
  stream(
    options: NativeQuery,
    streamOptions: object,
  ): { readonly rows: Readable; readonly done: Promise<void> } {
    const restore = useNativeValues(this.#client);
    const rows = streamOf(this.#client.query(options), streamOptions);
    const done = new Promise<void>((resolve) => {
      rows.once('close', () => {
        restore();
        resolve();
      });
    });
    return { rows, done };
  }

  #readStatus(answer: unknown, columns: unknown): void {
    this.#inTransaction = inTransactionOf(answer, columns) ?? this.#inTransaction;
  }

  /** Errors end transactions (a deadlock, a full lock table, a record that has changed), `analyze table` does; neither says so. */
  #askStatus(then: () => void): void {
    if (!this.#inTransaction || !this.#isOpen) then();
    else
      this.#client.query('do 0', (error, rows) => {
        if (error === null || error === undefined) this.#readStatus(rows, undefined);
        then();
      });
  }

  async script(text: string): Promise<void> {
    for (const sql of splitScript(text)) await this.query({ text: sql, values: [] });
  }

  async ping(): Promise<void> {
    await this.#send((answer) => this.#client.ping(answer));
  }

  async reset(): Promise<void> {
    await this.#send((answer) => resetClient(this.#client, answer));
    this.#statements.forget();
    this.#inTransaction = false;
    await this.prepareSession();
  }

  async prepareSession(): Promise<void> {
    this.#session.encodeAsAtFirst();
    await this.query({ text: this.#session.settings, values: [] });
  }

  cancel(): Promise<void> {
    return this.#isOpen && this.#client.threadId !== null ? this.#kill() : Promise.resolve();
  }

  /** A kill that comes when the statement has just ended would hit the next one: an empty one takes it. */
  async #absorbKill(): Promise<void> {
    try {
      await this.#send((answer) => this.#client.query({ sql: 'do 0' }, answer));
    } catch (error) {
      if (!DbError.is(error) || error.errno !== interrupted) throw error;
    }
  }

  async close(): Promise<void> {
    await callback((answer) => this.#client.end(answer));
  }

  destroy(): void {
    this.#isOpen = false;
    destroySocket(this.#client);
  }

  async #send(start: (answer: Answer) => void, text = ''): Promise<readonly [unknown, unknown]> {
    if (!this.#isOpen) throw lostError({ unsent: true });
    try {
      return await callback(start);
    } catch (error) {
      throw this.#failureOf(error, text);
    }
  }

  #failureOf(error: unknown, text: string): DbError {
    if (DbError.is(error)) return error;
    const failure = mysqlFailure(error);
    if (failure !== undefined && this.#isOpen) {
      const said = mysqlError(failure, text);
      if (said.kind === 'connection_lost') this.#close(); // its end is on the way
      return said;
    }
    this.#close();
    return lostError();
  }

  #encode(values: readonly unknown[]): unknown[] {
    return values.map((value) => {
      const encoded = encodeParameter(value);
      return isWhole(encoded) ? this.#encodeInteger(encoded) : encoded;
    });
  }

  #close(): void {
    const wasOpen = this.#isOpen;
    this.#isOpen = false;
    this.#streaming?.lose(lostError());
    if (wasOpen) this.#lost();
  }
}
