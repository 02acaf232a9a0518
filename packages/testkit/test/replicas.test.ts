import mysql from 'mysql2/promise';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  describeWith,
  type MariadbReplica,
  type MariadbServer,
  type PostgresReplica,
  type PostgresServer,
  startMariadb,
  startMariadbReplica,
  startPostgres,
  startPostgresReplica,
} from '../src/index.js';

describeWith(['private postgres'], 'a PostgreSQL replica', () => {
  let primary: PostgresServer;
  let replica: PostgresReplica;
  beforeAll(async () => {
    primary = await startPostgres();
    replica = await startPostgresReplica(primary);
    await postgres(primary.url, 'create table t (n int)');
  });
  afterAll(async () => {
    await replica?.close();
    await primary?.close();
  });

  test('streams what the primary writes and refuses writes itself', async () => {
    await postgres(primary.url, 'insert into t values (1)');
    await replica.caughtUp();
    expect(await postgres(replica.url, 'select n from t')).toEqual([{ n: 1 }]);
    await expect(postgres(replica.url, 'insert into t values (2)')).rejects.toMatchObject({ code: '25006' });
  });

  test('is behind while frozen and catches up after thaw', async () => {
    await replica.freeze();
    await postgres(primary.url, 'insert into t select generate_series(2, 500)');
    await replica.thaw();
    await replica.caughtUp();
    expect(await postgres(replica.url, 'select count(*)::int as n from t')).toEqual([{ n: 500 }]);
  });

  test('takes over when it is promoted after the primary died', async () => {
    await replica.caughtUp();
    await primary.kill();
    await replica.promote();
    await postgres(replica.url, 'insert into t values (501)');
    expect(await postgres(replica.url, 'select count(*)::int as n from t')).toEqual([{ n: 501 }]);
    await replica.restart();
    expect(await postgres(replica.url, 'select pg_is_in_recovery() as standby')).toEqual([
      { standby: false },
    ]);
  });
});

describeWith(['private mysql'], 'a MariaDB replica', () => {
  let primary: MariadbServer;
  let replica: MariadbReplica;
  beforeAll(async () => {
    primary = await startMariadb();
    await mariadb(primary.url, 'create table t (n int primary key)');
    await mariadb(primary.url, "create user 'app'@'127.0.0.1' identified by 'app-password'");
    await mariadb(primary.url, "grant all on seaworthy.* to 'app'@'127.0.0.1'");
    replica = await startMariadbReplica(primary);
  });
  afterAll(async () => {
    await replica?.close();
    await primary?.close();
  });

  test('has what was written before it existed, and refuses writes of an ordinary user', async () => {
    await mariadb(primary.url, 'insert into t values (1)');
    await replica.caughtUp();
    const app = `mysql://app:app-password@127.0.0.1:${replica.port}/seaworthy`;
    expect(await mariadb(app, 'select n from t')).toEqual([{ n: 1 }]);
    await expect(mariadb(app, 'insert into t values (2)')).rejects.toMatchObject({ errno: 1290 });
  });

  test('goes on replicating after a crash', async () => {
    await replica.kill();
    await mariadb(primary.url, 'insert into t values (2)');
    await replica.restart();
    await replica.caughtUp();
    expect(await mariadb(replica.url, 'select count(*) as n from t')).toEqual([{ n: 2 }]);
  });

  test('takes over when it is promoted after the primary died', async () => {
    await replica.caughtUp();
    await primary.kill();
    await replica.promote();
    const app = `mysql://app:app-password@127.0.0.1:${replica.port}/seaworthy`;
    await mariadb(app, 'insert into t values (3)');
    expect(await mariadb(app, 'select count(*) as n from t')).toEqual([{ n: 3 }]);
  });
});

async function postgres(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  client.on('error', () => {});
  try {
    await client.connect();
    return (await client.query(sql)).rows;
  } finally {
    client.end().catch(() => {});
  }
}

async function mariadb(url: string, sql: string): Promise<unknown> {
  const connection = await mysql.createConnection(url);
  connection.on('error', () => {});
  try {
    return (await connection.query(sql))[0];
  } finally {
    connection.destroy();
  }
}
