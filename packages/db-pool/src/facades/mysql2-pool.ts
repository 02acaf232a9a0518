import { EventEmitter } from 'node:events';
import { type DurationInput, invalidOption, optionsOf } from '@seaworthy/contracts';
import type { Db } from '../db.js';
import { DbError } from '../db-error.js';
import { type ToolAccess, toolAccessOf } from '../session/tool-access.js';
import { CheckedOut } from './checked-out.js';
import { runAlone } from './checkout.js';
import {
  CallbackConnection,
  connectionOf,
  type MysqlPoolContext,
  type PromiseConnection,
} from './mysql2-connection.js';
import { callBack, type MysqlCallback, type MysqlQueryArguments, readMysqlQuery } from './mysql2-query.js';

export interface MysqlPoolOptions {
  /** How long a connection may be kept before it is taken away and its work is cancelled. @defaultValue deadline.transaction */
  readonly checkoutTimeout?: DurationInput | undefined;
  /** Whether `end()` closes the database too, for programs in which the tool is its only user. @defaultValue false */
  readonly closeDb?: boolean | undefined;
}

const owner = 'mysqlPool';
const readOptions = optionsOf<MysqlPoolOptions>(owner, { checkoutTimeout: true, closeDb: true });

/** What both shapes of the pool do, by promises. */
class PoolCore {
  readonly access: ToolAccess;
  readonly #db: Db;
  readonly #closeDb: boolean;
  readonly #context: MysqlPoolContext;
  readonly #out = new CheckedOut<EventEmitter>();
  #ending: Promise<void> | undefined;

  constructor(access: ToolAccess, db: Db, events: EventEmitter, options: MysqlPoolOptions) {
    this.access = access;
    this.#db = db;
    this.#closeDb = options.closeDb ?? false;
    this.#context = {
      access,
      checkoutTimeout: options.checkoutTimeout,
      returned: (connection) => {
        events.emit('release', connection);
        this.#out.delete(connection);
      },
      lost: (connection) => this.#out.delete(connection),
    };
  }

  async checkOut(below: (...given: never[]) => unknown): Promise<CallbackConnection> {
    this.#refuseIfEnding();
    const connection = await CallbackConnection.checkOut(this.#context, below);
    this.#out.add(connection);
    return connection;
  }

  async send(
    method: 'query' | 'execute',
    given: MysqlQueryArguments,
  ): Promise<readonly [result: unknown, fields: unknown]> {
    this.#refuseIfEnding();
    const { options } = readMysqlQuery(given);
    return runAlone(this.access, options.sql, (lease) => connectionOf(lease).native(method, options));
  }

  end(): Promise<void> {
    this.#ending ??= this.#end();
    return this.#ending;
  }

  async #end(): Promise<void> {
    await this.#out.allBack();
    if (this.#closeDb) await this.#db.close();
  }

  #refuseIfEnding(): void {
    if (this.#ending !== undefined) throw new DbError('closed', 'Pool is closed.');
  }
}

/** A pool as `mysql2.createPool()` gives it: callbacks, and `promise()`. */
class MysqlPool extends EventEmitter {
  readonly #core: PoolCore;
  readonly #promised: MysqlPromisePool;

  constructor(access: ToolAccess, db: Db, options: MysqlPoolOptions) {
    super();
    this.#core = new PoolCore(access, db, this, options);
    this.#promised = new MysqlPromisePool(this, this.#core);
  }

  getConnection(callback: (error: unknown, connection?: CallbackConnection) => void): void {
    this.#core.checkOut(this.getConnection).then(
      (connection) => process.nextTick(callback, null, connection),
      (error: unknown) => process.nextTick(callback, error),
    );
  }

  query(...given: MysqlQueryArguments): void {
    callBack(this.#core.send('query', given), readMysqlQuery(given).callback);
  }

  execute(...given: MysqlQueryArguments): void {
    callBack(this.#core.send('execute', given), readMysqlQuery(given).callback);
  }

  end(callback?: MysqlCallback): void {
    callBack(
      this.#core.end().then(() => [undefined, undefined] as const),
      callback,
    );
  }

  promise(): MysqlPromisePool {
    return this.#promised;
  }
}

/** A pool as `mysql2/promise` gives it. */
class MysqlPromisePool extends EventEmitter {
  /** The one with callbacks. */
  readonly pool: MysqlPool;
  readonly #core: PoolCore;

  constructor(pool: MysqlPool, core: PoolCore) {
    super();
    this.pool = pool;
    this.#core = core;
  }

  async getConnection(): Promise<PromiseConnection> {
    return (await this.#core.checkOut(this.getConnection)).promise();
  }

  /** Rows and fields, or what changed and nothing. */
  query(...given: MysqlQueryArguments): Promise<readonly [result: unknown, fields: unknown]> {
    return this.#core.send('query', given);
  }

  execute(...given: MysqlQueryArguments): Promise<readonly [result: unknown, fields: unknown]> {
    return this.#core.send('execute', given);
  }

  end(): Promise<void> {
    return this.#core.end();
  }
}

/**
 * A pool as `mysql2` has it, and by `promise()` as `mysql2/promise` has it, over a database of this package: for tools that
 * want one, as Kysely, Drizzle and TypeORM do. What runs through it has the database's limits and deadlines and comes back
 * clean. Rows and errors of the server are mysql2's own; integers beyond 2^53 come as text instead of rounded, and Dates are
 * UTC, which the sessions are.
 *
 * `end()` waits for its own connections, each of which comes back or is taken away at its time, and leaves the database open, which
 * others may use.
 *
 * @param mysql2 - what `mysql(mysql2)` got; its type is the pool's.
 * @param db - made with `mysql(mysql2)`.
 * @throws OptionsError when `db` is none.
 *
 * @example
 * const db = createDb(mysql(mysql2), { url, pool: { max: 20 } });
 * const kysely = new Kysely<Tables>({ dialect: new MysqlDialect({ pool: mysqlPool(mysql2, db) }) });
 * const orm = drizzle({ client: mysqlPool(mysql2, db) });
 * const [rows] = await mysqlPool(mysql2, db).promise().query('select ? as n', [1]);
 */
export function mysqlPool<PoolOfMysql2 extends object>(
  mysql2: { readonly createPool: (config: never) => PoolOfMysql2 },
  db: Db,
  options: MysqlPoolOptions = {},
): PoolOfMysql2 {
  const given = readOptions(options);
  if (typeof mysql2?.createPool !== 'function') {
    throw invalidOption(owner, 'mysql2', 'the mysql2 module: import mysql2 from "mysql2"');
  }
  const access = toolAccessOf(owner, db);
  if (access.dialect !== 'mysql') {
    throw invalidOption(owner, 'db', 'a database that was made with the driver mysql(mysql2)');
  }
  // It has the methods of mysql2's pool that tools use; the README lists them.
  return new MysqlPool(access, db, given) as unknown as PoolOfMysql2;
}

/**
 * The mysql2 module with `pool` for whatever asks it to create one, for tools that make their own pool from a module, as
 * TypeORM does.
 *
 * @example
 * new DataSource({ type: 'mysql', driver: mysqlModule(mysql2, mysqlPool(mysql2, db)), entities });
 */
export function mysqlModule<Mysql2 extends object>(mysql2: Mysql2, pool: object): Mysql2 {
  return Object.create(mysql2, { createPool: { value: () => pool, enumerable: true } });
}
