import { onLentConnection } from './lent-connection.js';

/** The part of a `pg` client that is needed. */
export interface PostgresClient {
  query(text: string): PromiseLike<{ readonly rows: readonly unknown[] }>;
  release(destroy?: boolean): void;
  on(event: 'error', listener: (error: Error) => void): unknown;
  removeListener(event: 'error', listener: (error: Error) => void): unknown;
}

/** The part of a `pg.Pool` that is needed. */
export interface PostgresPool {
  connect(): PromiseLike<PostgresClient>;
}

/** Runs one statement and resolves with its first row. */
export function askPostgres(pool: PostgresPool, text: string, signal: AbortSignal): Promise<unknown> {
  const lender = {
    async acquire() {
      const client = await pool.connect();
      client.on('error', ignore); // pg looks after its idle clients only: without this a broken connection is a crash
      return client;
    },
    release(client: PostgresClient) {
      client.removeListener('error', ignore);
      client.release();
    },
    destroy: (client: PostgresClient) => client.release(true),
  };
  return onLentConnection(lender, signal, async (client) => (await client.query(text)).rows[0]);
}

function ignore(): void {
  // The statement fails with the same error.
}
