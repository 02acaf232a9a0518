import {
  createTestDatabase,
  describeWith,
  sharedRedis,
  startFaultProxy,
  startPostgres,
  type TestDatabase,
  waitFor,
} from '@seaworthy/testkit';
import { Redis } from 'ioredis';
import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';

describeWith(['postgres', 'redis'], 'orders', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase('postgres'); // empty, this file's own, gone with the run
  });

  test('are stored once', async () => {
    const client = new pg.Client(database.url);
    await client.connect();
    await client.query('create table orders (id int primary key)');
    await client.query('insert into orders values (1)');
    await expect(client.query('insert into orders values (1)')).rejects.toMatchObject({ code: '23505' });
    await client.end();
  });

  test('are remembered in Redis', async () => {
    const redis = new Redis((await sharedRedis()).url);
    await redis.set('order', '1');
    expect(await redis.get('order')).toBe('1');
    redis.disconnect();
  });

  test('fail in time while the database hangs, and work again afterwards', async () => {
    await using postgres = await startPostgres({ settings: { max_connections: 20 } }); // private: may be hurt
    await using proxy = await startFaultProxy({ target: postgres });
    const pool = new pg.Pool({ connectionString: proxy.url(postgres.url), connectionTimeoutMillis: 500 });
    pool.on('error', () => {});
    await postgres.freeze(); // connections stay open, nobody answers
    await expect(pool.query('select 1')).rejects.toThrow('timeout');
    await postgres.thaw();
    await waitFor(() => pool.query('select 1'), { what: 'the database to answer again' });
    proxy.reset(); // as when a firewall forgets a connection
    await waitFor(() => pool.totalCount === 0, { what: 'the pool to drop the dead connection' });
    await pool.end();
  });
});
