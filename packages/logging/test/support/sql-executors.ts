import type { SqlExecutor } from '@seaworthy/contracts';
import { createTestDatabase } from '@seaworthy/testkit';
import mysql from 'mysql2/promise';
import pg from 'pg';

/** A database with what the audit log needs of it. */
export interface TestSql {
  readonly executor: SqlExecutor;
  /** Runs `work` in a transaction: committed when it resolves, rolled back when it rejects. */
  transaction<T>(work: (transaction: SqlExecutor) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export async function testSql(engine: 'postgres' | 'mysql'): Promise<TestSql> {
  const database = await createTestDatabase(engine);
  return engine === 'postgres' ? postgres(database.url, database) : mariadb(database.url, database);
}

async function postgres(url: string, database: AsyncDisposable): Promise<TestSql> {
  const pool = new pg.Pool({ connectionString: url });
  pool.on('error', () => undefined); // the database goes while the last connections say goodbye
  const on = (client: Pick<pg.PoolClient, 'query'>): SqlExecutor => ({
    dialect: 'postgres',
    async execute({ strings, values }) {
      const text = strings.reduce((all, part, index) => `${all}$${index}${part}`);
      const { rows, rowCount } = await client.query(text, [...values]);
      return { rows, rowCount: rowCount ?? 0 };
    },
  });
  return {
    executor: on(pool),
    async transaction(work) {
      const client = await pool.connect();
      try {
        await client.query('begin');
        const result = await work(on(client));
        await client.query('commit');
        return result;
      } catch (error) {
        await client.query('rollback');
        throw error;
      } finally {
        client.release();
      }
    },
    async close() {
      await pool.end();
      await database[Symbol.asyncDispose]();
    },
  };
}

async function mariadb(url: string, database: AsyncDisposable): Promise<TestSql> {
  const pool = mysql.createPool({ uri: url });
  const on = (client: Pick<mysql.PoolConnection, 'query'>): SqlExecutor => ({
    dialect: 'mysql',
    async execute({ strings, values }) {
      const [result] = await client.query(strings.join('?'), [...values]);
      if (!Array.isArray(result)) return { rows: [], rowCount: result.affectedRows };
      const rows: unknown[] = result;
      return { rows: rows.map((row) => Object(row)), rowCount: rows.length };
    },
  });
  return {
    executor: on(pool),
    async transaction(work) {
      const client = await pool.getConnection();
      try {
        await client.beginTransaction();
        const result = await work(on(client));
        await client.commit();
        return result;
      } catch (error) {
        await client.rollback();
        throw error;
      } finally {
        client.release();
      }
    },
    async close() {
      await pool.end();
      await database[Symbol.asyncDispose]();
    },
  };
}
