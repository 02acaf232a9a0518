import { EventEmitter } from 'node:events';
import type { DurationInput } from '@seaworthy/contracts';
import { DbError } from '../db-error.js';
import { PostgresConnection } from '../drivers/postgres-connection.js';
import type { Lease } from '../session/lease.js';
import type { ToolAccess } from '../session/tool-access.js';
import { type Checkout, checkOut } from './checkout.js';
import { answer, type PgQueryArguments, readPgQuery } from './pg-query.js';

/** What clients and their pool share. */
export interface PgPoolContext {
  readonly access: ToolAccess;
  readonly checkoutTimeout: DurationInput | undefined;
  returned(client: PooledPgClient, error: unknown): void;
  /** Its connection is gone: nobody need wait for its return. */
  lost(client: PooledPgClient): void;
}

/**
 * A checked-out client as tools know it from pg: `query` in all its forms, `release`, and `error` when the connection is
 * lost or kept for too long.
 */
export class PooledPgClient extends EventEmitter {
  readonly #context: PgPoolContext;
  readonly #checkout: Checkout;
  #released = false;

  private constructor(context: PgPoolContext, checkout: Checkout) {
    super();
    this.#context = context;
    this.#checkout = checkout;
    this.release = this.release.bind(this);
  }

  static async checkOut(
    context: PgPoolContext,
    below: (...given: never[]) => unknown,
  ): Promise<PooledPgClient> {
    let client: PooledPgClient | undefined;
    const { access, checkoutTimeout } = context;
    const checkout = await checkOut(access, checkoutTimeout, (error) => client?.lost(error), below);
    client = new PooledPgClient(context, checkout);
    return client;
  }

  /** As pg's: a promise of its result, or a callback. Errors of the server are pg's own. */
  query(...given: PgQueryArguments): unknown {
    const { text, config, submittable, callback } = readPgQuery(given);
    const { lease } = this.#checkout;
    if (submittable !== undefined) {
      if (this.#released) throw releasedError();
      this.#checkout
        .run(text, async () => connectionOf(lease).submit(submittable))
        .catch((error: unknown) => refuseSubmittable(submittable, error));
      return submittable;
    }
    const work = this.#released
      ? Promise.reject(releasedError())
      : this.#checkout.run(text, () => connectionOf(lease).native(config));
    return answer(work, callback);
  }

  /** Gives the connection back, cleaned; with an error or `true` it is destroyed instead. */
  release(error?: unknown): void {
    if (this.#released) {
      throw new Error('Release called on client which has already been released to the pool.');
    }
    this.#released = true;
    this.#checkout.returned();
    const { lease } = this.#checkout;
    if (error !== undefined && error !== null && error !== false) lease.abandon(releasedError());
    else void lease.release();
    this.#context.returned(this, error);
  }

  escapeIdentifier(name: string): string {
    return `"${name.replaceAll('"', '""')}"`;
  }

  escapeLiteral(text: string): string {
    const quoted = `'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
    return text.includes('\\') ? ` E${quoted}` : quoted;
  }

  private lost(error: DbError): void {
    this.#context.lost(this);
    // Without a listener an EventEmitter would throw, from a timer; the next query says it as well.
    if (!this.#released && this.listenerCount('error') > 0) this.emit('error', error);
  }
}

/** As pg tells a cursor or query that it cannot be sent; one that nobody listens to would throw. */
function refuseSubmittable(submittable: object, error: unknown): void {
  const isDeaf =
    submittable instanceof EventEmitter &&
    submittable.listenerCount('error') === 0 &&
    typeof Reflect.get(submittable, 'callback') !== 'function' &&
    typeof Reflect.get(submittable, 'read') !== 'function';
  const handleError: unknown = Reflect.get(submittable, 'handleError');
  if (!isDeaf && typeof handleError === 'function') handleError.call(submittable, error);
}

export function connectionOf({ connection }: Lease): PostgresConnection {
  if (connection instanceof PostgresConnection) return connection;
  throw new DbError('unknown', 'pgPool needs a database that was made with the driver postgres(pg).');
}

function releasedError(): DbError {
  return new DbError('closed', 'This client was released to the pool; check out another one.');
}
