import { type DurationInput, invalidOption, optionsOf } from '@seaworthy/contracts';
import type { Db } from '../db.js';
import { DbError } from '../db-error.js';
import { toolAccessOf } from '../session/tool-access.js';
import { CheckedOut } from './checked-out.js';
import { runAlone } from './checkout.js';
import { connectionOf, type PgPoolContext, PooledPgClient } from './pg-client.js';
import { answer, type PgCallback, type PgQueryArguments, readPgQuery } from './pg-query.js';

export interface PgPoolOptions {
  /** How long a client may be checked out before it is taken away and its work is cancelled. @defaultValue deadline.transaction */
  readonly checkoutTimeout?: DurationInput | undefined;
  /** Whether `end()` closes the database too, for programs in which the tool is its only user. @defaultValue false */
  readonly closeDb?: boolean | undefined;
}

/** The part of pg's Pool that is inherited: being one, and events. */
interface PgPoolBase {
  ending: boolean;
  ended: boolean;
  emit(event: string, ...given: unknown[]): boolean;
  listenerCount(event: string): number;
}

const owner = 'pgPool';
const readOptions = optionsOf<PgPoolOptions>(owner, { checkoutTimeout: true, closeDb: true });

/**
 * A `pg.Pool` over a database of this package, for tools that want one: Kysely, Drizzle, Prisma's adapter, TypeORM. It is an
 * instance of the `pg.Pool` that is passed in, and what runs through it has the database's limits and deadlines and comes
 * back clean. Rows, types and errors of the server are pg's own.
 *
 * `end()` waits for its own clients, each of which comes back or is taken away at its time, and leaves the database open, which
 * others may use.
 *
 * @param db - made with `postgres(pg)`.
 * @throws OptionsError when `db` is none.
 *
 * @example
 * const db = createDb(postgres(pg), { url, pool: { max: 20 } });
 * const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: pgPool(pg, db) }) });
 * const orm = drizzle({ client: pgPool(pg, db) });
 * const adapter = new PrismaPg(pgPool(pg, db));
 */
export function pgPool<PoolOfPg extends object>(
  pg: { readonly Pool: new (config?: never) => PoolOfPg },
  db: Db,
  options: PgPoolOptions = {},
): PoolOfPg {
  const { checkoutTimeout, closeDb = false } = readOptions(options);
  const access = toolAccessOf(owner, db);
  if (access.dialect !== 'postgres') {
    throw invalidOption(owner, 'db', 'a database that was made with the driver postgres(pg)');
  }
  const Base = pg.Pool as unknown as new (config: object) => PgPoolBase;

  class Pool extends Base {
    readonly #out = new CheckedOut<PooledPgClient>();

    readonly #context: PgPoolContext = {
      access,
      checkoutTimeout,
      returned: (client, error) => {
        this.emit('release', error, client);
        this.#out.delete(client);
      },
      lost: (client) => this.#out.delete(client),
    };

    get totalCount(): number {
      return db.stats().total;
    }

    get idleCount(): number {
      return db.stats().idle;
    }

    get waitingCount(): number {
      return db.stats().waiting;
    }

    get expiredCount(): number {
      return 0;
    }

    connect(callback?: (error: unknown, client?: PooledPgClient, release?: unknown) => void): unknown {
      const checkout = this.#checkOut(this.connect);
      if (callback === undefined) return checkout;
      checkout.then(
        (client) => process.nextTick(callback, undefined, client, client.release),
        (error: unknown) => process.nextTick(callback, error, undefined, () => undefined),
      );
      return undefined;
    }

    query(...given: PgQueryArguments): unknown {
      const { text, config, submittable, callback } = readPgQuery(given);
      if (submittable !== undefined) {
        throw new TypeError('A cursor or stream needs a client of its own: check one out with connect().');
      }
      return answer(this.#query(text, config), callback);
    }

    end(callback?: PgCallback): Promise<void> | undefined {
      const ending = this.ending
        ? Promise.reject(new Error('Called end on pool more than once'))
        : this.#end();
      return answer(ending, callback);
    }

    async #checkOut(below: (...given: never[]) => unknown): Promise<PooledPgClient> {
      if (this.ending) throw endedError();
      const client = await PooledPgClient.checkOut(this.#context, below);
      this.#out.add(client);
      // For each checkout, because a session is put back to where it began when it returns: what a listener sets here, the
      // client has.
      this.emit('connect', client);
      this.emit('acquire', client);
      return client;
    }

    async #query(text: string, config: object): Promise<unknown> {
      if (this.ending) throw endedError();
      if (this.listenerCount('connect') === 0) {
        return runAlone(access, text, (lease) => connectionOf(lease).native(config));
      }
      const client = await this.#checkOut(this.query);
      try {
        return await client.query(config);
      } finally {
        client.release();
      }
    }

    async #end(): Promise<void> {
      this.ending = true;
      await this.#out.allBack();
      if (closeDb) await db.close();
      this.ended = true;
    }
  }

  // The instance is a pg.Pool by inheritance, and by what the methods above answer.
  return new Pool({ max: db.stats().max }) as unknown as PoolOfPg;
}

/**
 * The pg module with `pool` in place of its Pool, for tools that make their own pool from a module, as TypeORM does. What
 * they pass to the constructor (host, user, pool size) has no effect: the database of `pool` has its own.
 *
 * @example
 * new DataSource({ type: 'postgres', driver: pgModule(pg, pgPool(pg, db)), entities });
 */
export function pgModule<PgModule extends object>(pg: PgModule, pool: object): PgModule {
  // `new Pool()` gives what a plain function returns.
  function Pool(): object {
    return pool;
  }
  // `native` is a getter that loads the native bindings.
  return Object.create(pg, { Pool: { value: Pool, enumerable: true }, native: { value: null } });
}

function endedError(): DbError {
  return new DbError('closed', 'Cannot use a pool after calling end on the pool.');
}
