import { onLentConnection } from './lent-connection.js';

/** The part of a `mysql2/promise` connection that is needed. */
export interface MysqlConnection {
  query(sql: string): PromiseLike<readonly [unknown, unknown]>;
  release(): void;
  destroy(): void;
}

/** The part of a pool of `mysql2/promise` that is needed. */
export interface MysqlPool {
  getConnection(): PromiseLike<MysqlConnection>;
}

/** Runs one statement and resolves with its rows. */
export async function askMysql(
  pool: MysqlPool,
  sql: string,
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  const lender = {
    acquire: () => pool.getConnection(),
    release: (connection: MysqlConnection) => connection.release(),
    destroy: (connection: MysqlConnection) => connection.destroy(),
  };
  const [rows] = await onLentConnection(lender, signal, (connection) => connection.query(sql));
  return Array.isArray(rows) ? rows : [];
}
