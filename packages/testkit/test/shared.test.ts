import { Redis } from 'ioredis';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { expect, test } from 'vitest';
import { createTestDatabase, describeWith, sharedRedis } from '../src/index.js';

describeWith(['postgres'], 'a test database on PostgreSQL', () => {
  test('is empty, belongs to its user, and is closed to the user of another', async () => {
    await using first = await createTestDatabase('postgres');
    await using second = await createTestDatabase('postgres');
    expect(second.port).toBe(first.port);
    const client = new pg.Client(first.url);
    await client.connect();
    await client.query('create table t (n int)');
    const { rows } = await client.query(
      'select current_database() as name, rolsuper from pg_roles where rolname = current_user',
    );
    expect(rows).toEqual([{ name: first.name, rolsuper: false }]);
    await client.end();
    const stranger = new URL(second.url);
    stranger.pathname = `/${first.name}`;
    await expect(new pg.Client(stranger.href).connect()).rejects.toThrow(/permission denied/);
  });

  test('is removed by drop while a client is connected', async () => {
    const database = await createTestDatabase('postgres');
    const client = new pg.Client(database.url);
    client.on('error', () => {});
    await client.connect();
    await database.drop();
    await database.drop();
    await expect(new pg.Client(database.url).connect()).rejects.toThrow();
  });

  test('has an administrator for what its owner may not do', async () => {
    await using database = await createTestDatabase('postgres');
    const client = new pg.Client(database.adminUrl);
    await client.connect();
    const { rows } = await client.query(
      'select current_database() as name, rolsuper from pg_roles where rolname = current_user',
    );
    expect(rows).toEqual([{ name: database.name, rolsuper: true }]);
    await client.end();
  });
});

describeWith(['mysql'], 'a test database on MariaDB', () => {
  test('is empty, its user sees no other, and drop removes both', async () => {
    const first = await createTestDatabase('mysql');
    await using second = await createTestDatabase('mysql');
    const connection = await mysql.createConnection(first.url);
    await connection.query('create table t (n int primary key)');
    const [databases] = await connection.query('show databases');
    expect(databases).toContainEqual({ Database: first.name });
    expect(databases).not.toContainEqual({ Database: second.name });
    connection.destroy();
    await first.drop();
    await expect(mysql.createConnection(first.url)).rejects.toThrow();
  });
});

describeWith(['redis'], 'the shared Redis', () => {
  test('gives each asker keys of its own, and flush empties only those', async () => {
    const first = await sharedRedis();
    const second = await sharedRedis();
    const one = new Redis(first.url);
    const two = new Redis(second.url);
    await one.set('key', 'one');
    expect(await two.get('key')).toBeNull();
    await two.set('key', 'two');
    await first.flush();
    expect(await one.get('key')).toBeNull();
    expect(await two.get('key')).toBe('two');
    one.disconnect();
    two.disconnect();
  });
});
