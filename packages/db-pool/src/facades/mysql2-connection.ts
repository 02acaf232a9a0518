import { EventEmitter } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { DurationInput } from '@seaworthy/contracts';
import { DbError } from '../db-error.js';
import type { NativeQuery } from '../drivers/mysql-client.js';
import { MysqlConnection } from '../drivers/mysql-connection.js';
import type { Lease } from '../session/lease.js';
import type { ToolAccess } from '../session/tool-access.js';
import { type Checkout, checkOut } from './checkout.js';
import { callBack, type MysqlCallback, type MysqlQueryArguments, readMysqlQuery } from './mysql2-query.js';

type Answer = readonly [result: unknown, fields: unknown];

/** What connections and their pool share. */
export interface MysqlPoolContext {
  readonly access: ToolAccess;
  readonly checkoutTimeout: DurationInput | undefined;
  returned(connection: EventEmitter): void;
  /** It is gone: nobody need wait for its return. */
  lost(connection: EventEmitter): void;
}

/** What both shapes of a connection do, by promises. */
class MysqlCheckout {
  readonly events: EventEmitter;
  readonly #context: MysqlPoolContext;
  readonly #checkout: Checkout;
  #released = false;

  constructor(context: MysqlPoolContext, checkout: Checkout, events: EventEmitter) {
    this.#context = context;
    this.#checkout = checkout;
    this.events = events;
  }

  async send(method: 'query' | 'execute', options: NativeQuery): Promise<Answer> {
    if (this.#released) throw releasedError();
    return this.#checkout.run(options.sql, () => connectionOf(this.#checkout.lease).native(method, options));
  }

  /** Rows as they come. Whoever stops early costs a connection, because the server would send the rest. */
  stream(options: NativeQuery, streamOptions: object): Readable {
    const out = new PassThrough({ objectMode: true, ...streamOptions });
    const { lease } = this.#checkout;
    const flow = async (): Promise<void> => {
      if (this.#released) throw releasedError();
      const { rows, done } = connectionOf(lease).stream(options, streamOptions);
      try {
        await pipeline(rows, out);
      } catch (error) {
        if (!out.readableEnded && !isServerError(error)) lease.abandon(streamEndedError());
        throw error;
      }
      await done;
    };
    this.#checkout.run(options.sql, flow).catch((error: unknown) => {
      out.destroy(error instanceof Error ? error : new Error('The stream failed.', { cause: error }));
    });
    return out;
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#checkout.returned();
    void this.#checkout.lease.release();
    this.#context.returned(this.events);
  }

  destroy(): void {
    if (this.#released) return;
    this.#released = true;
    this.#checkout.returned();
    this.#checkout.lease.abandon(releasedError());
    this.#context.returned(this.events);
  }

  lost(error: DbError): void {
    this.#context.lost(this.events);
    if (!this.#released && this.events.listenerCount('error') > 0) this.events.emit('error', error);
  }
}

/** A connection as `mysql2` gives it: callbacks, streams, and `promise()`. */
export class CallbackConnection extends EventEmitter {
  #checkout: MysqlCheckout | undefined;
  #promised: PromiseConnection | undefined;

  static async checkOut(
    context: MysqlPoolContext,
    below: (...given: never[]) => unknown,
  ): Promise<CallbackConnection> {
    const connection = new CallbackConnection();
    const { access, checkoutTimeout } = context;
    const lost = (error: DbError): void => connection.#checkout?.lost(error);
    const checkout = await checkOut(access, checkoutTimeout, lost, below);
    connection.#checkout = new MysqlCheckout(context, checkout, connection);
    return connection;
  }

  get #own(): MysqlCheckout {
    if (this.#checkout === undefined) throw releasedError();
    return this.#checkout;
  }

  query(...given: MysqlQueryArguments): { stream(options?: object): Readable } {
    return this.#send('query', given);
  }

  execute(...given: MysqlQueryArguments): { stream(options?: object): Readable } {
    return this.#send('execute', given);
  }

  beginTransaction(callback?: MysqlCallback): void {
    callBack(this.#own.send('query', { sql: 'start transaction' }), callback);
  }

  commit(callback?: MysqlCallback): void {
    callBack(this.#own.send('query', { sql: 'commit' }), callback);
  }

  rollback(callback?: MysqlCallback): void {
    callBack(this.#own.send('query', { sql: 'rollback' }), callback);
  }

  ping(callback?: MysqlCallback): void {
    callBack(this.#own.send('query', { sql: 'select 1' }), callback);
  }

  release(): void {
    this.#own.release();
  }

  destroy(): void {
    this.#own.destroy();
  }

  promise(): PromiseConnection {
    this.#promised ??= new PromiseConnection(this, this.#own);
    return this.#promised;
  }

  /** mysql2 starts at once; here a turn later, so that `stream()` can be asked for first. */
  #send(method: 'query' | 'execute', given: MysqlQueryArguments): { stream(options?: object): Readable } {
    const { options, callback } = readMysqlQuery(given);
    const own = this.#own;
    let streamed = false;
    if (callback !== undefined) callBack(own.send(method, options), callback);
    else queueMicrotask(() => streamed || callBack(own.send(method, options), undefined));
    return {
      stream(streamOptions = {}) {
        streamed = true;
        return own.stream(options, streamOptions);
      },
    };
  }
}

/** A connection as `mysql2/promise` gives it. */
export class PromiseConnection extends EventEmitter {
  /** The one with callbacks, where tools look for streams. */
  readonly connection: CallbackConnection;
  readonly #own: MysqlCheckout;

  constructor(connection: CallbackConnection, own: MysqlCheckout) {
    super();
    this.connection = connection;
    this.#own = own;
  }

  async query(...given: MysqlQueryArguments): Promise<Answer> {
    return this.#own.send('query', readMysqlQuery(given).options);
  }

  async execute(...given: MysqlQueryArguments): Promise<Answer> {
    return this.#own.send('execute', readMysqlQuery(given).options);
  }

  async beginTransaction(): Promise<void> {
    await this.#own.send('query', { sql: 'start transaction' });
  }

  async commit(): Promise<void> {
    await this.#own.send('query', { sql: 'commit' });
  }

  async rollback(): Promise<void> {
    await this.#own.send('query', { sql: 'rollback' });
  }

  async ping(): Promise<void> {
    await this.#own.send('query', { sql: 'select 1' });
  }

  release(): void {
    this.#own.release();
  }

  destroy(): void {
    this.#own.destroy();
  }
}

export function connectionOf({ connection }: Lease): MysqlConnection {
  if (connection instanceof MysqlConnection) return connection;
  throw new DbError('unknown', 'mysqlPool needs a database that was made with the driver mysql(mysql2).');
}

/** What the server refused ended by itself; the connection is as good as before. */
function isServerError(error: unknown): boolean {
  return typeof error === 'object' && error !== null && typeof Reflect.get(error, 'sqlState') === 'string';
}

function releasedError(): DbError {
  return new DbError('closed', 'This connection was released to the pool; get another one.');
}

function streamEndedError(): DbError {
  return new DbError('closed', 'The stream was ended before its last row, and its connection with it.');
}
