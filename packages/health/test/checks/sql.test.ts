import {
  createTestDatabase,
  describeWith,
  startMariadb,
  startMariadbReplica,
  startPostgres,
  startPostgresReplica,
  waitFor,
} from '@seaworthy/testkit';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { expect, test } from 'vitest';
import { mysqlPing, mysqlReplicaLag, postgresPing, postgresReplicaLag } from '../../src/index.js';

const soon = () => AbortSignal.timeout(30_000);

describeWith(['postgres'], 'with PostgreSQL', () => {
  test('postgresPing passes, gives the connection back, and fails when the server refuses', async () => {
    const database = await createTestDatabase('postgres');
    const pool = new pg.Pool({ connectionString: database.url, max: 1 });
    pool.on('error', () => undefined); // the server may end a connection before its own goodbye has come
    for (let run = 0; run < 3; run += 1) await postgresPing(pool).probe(soon());
    expect([pool.totalCount, pool.idleCount, pool.waitingCount]).toEqual([1, 1, 0]);
    await pool.end();
    await database.drop();
    const nobody = new pg.Pool({ connectionString: database.url, max: 1 });
    await expect(postgresPing(nobody).probe(soon())).rejects.toMatchObject({ code: '28P01' });
    await nobody.end();
  });

  test('a connection that a busy pool lends too late is given back, not thrown away', async () => {
    const database = await createTestDatabase('postgres');
    const pool = new pg.Pool({ connectionString: database.url, max: 1 });
    pool.on('error', () => undefined); // the server may end a connection before its own goodbye has come
    const busy = await pool.connect();
    const stop = new AbortController();
    const waiting = postgresPing(pool).probe(stop.signal);
    await waitFor(() => pool.waitingCount === 1);
    stop.abort(new Error('time is up'));
    busy.release();
    await expect(waiting).rejects.toThrow('time is up');
    expect([pool.totalCount, pool.idleCount]).toEqual([1, 1]);
    await pool.end();
    await database.drop();
  });

  test('postgresReplicaLag refuses a server that is no replica', async () => {
    const database = await createTestDatabase('postgres');
    const pool = new pg.Pool({ connectionString: database.url, max: 1 });
    pool.on('error', () => undefined); // the server may end a connection before its own goodbye has come
    await expect(postgresReplicaLag(pool).probe(soon())).rejects.toMatchObject({
      code: 'HEALTH_NOT_A_REPLICA',
    });
    await postgresPing(pool).probe(soon());
    await pool.end();
    await database.drop();
  });
});

describeWith(['private postgres'], 'with a PostgreSQL of its own', () => {
  test('postgresPing gives up a connection that hangs, and one that the server ends does not crash', async () => {
    await using server = await startPostgres();
    const pool = new pg.Pool({ connectionString: server.url, max: 1 });
    pool.on('error', () => undefined);
    const check = postgresPing(pool);
    await check.probe(soon());
    await server.freeze();
    const stop = new AbortController();
    const hanging = check.probe(stop.signal);
    await waitFor(() => pool.idleCount === 0);
    stop.abort(new Error('time is up'));
    await expect(hanging).rejects.toThrow('time is up');
    expect([pool.totalCount, pool.waitingCount]).toEqual([0, 0]);
    await server.thaw();
    await check.probe(soon());

    await server.freeze();
    const killed = expect(check.probe(soon())).rejects.toThrow(/terminated|ECONNRESET/);
    await waitFor(() => pool.idleCount === 0);
    await server.kill();
    await killed;
    await pool.end();
  });

  test('postgresReplicaLag is 0 on an idle replica, grows while replay stands still, and fails when nothing arrives', async () => {
    await using primary = await startPostgres();
    await using replica = await startPostgresReplica(primary);
    const pools = [primary, replica].map(({ url }) => new pg.Pool({ connectionString: url, max: 1 }));
    const [source, target] = pools;
    if (source === undefined || target === undefined) throw new Error('two pools');
    for (const pool of pools) pool.on('error', () => undefined);
    await source.query('create table notes (at timestamptz)');
    await replica.caughtUp();
    const check = postgresReplicaLag(target, { warn: '200ms', fail: '1h' });
    expect(await check.probe(soon())).toEqual({ lagSeconds: 0 });

    await target.query('select pg_wal_replay_pause()');
    await source.query('insert into notes values (now())');
    const lag = await waitFor(async () => {
      const seen = Object(await check.probe(soon()));
      return seen.status === 'degraded' && seen;
    });
    expect(lag).toMatchObject({ reason: expect.stringMatching(/^The replica is behind by \d+/) });
    expect(lag.lagSeconds).toBeGreaterThanOrEqual(0.2);
    await expect(postgresReplicaLag(target, { warn: 1, fail: 1 }).probe(soon())).rejects.toMatchObject({
      code: 'HEALTH_LIMIT_REACHED',
    });
    await target.query('select pg_wal_replay_resume()');
    await replica.caughtUp();
    expect(await check.probe(soon())).toEqual({ lagSeconds: 0 });

    await primary.kill();
    await waitFor(
      () =>
        check.probe(soon()).then(
          () => false,
          (error) => String(error).includes('receives nothing'),
        ),
      { what: 'the broken stream to be told' },
    );
    await Promise.all(pools.map((pool) => pool.end()));
  });
});

describeWith(['mysql'], 'with MySQL', () => {
  test('mysqlPing passes, gives the connection back, and fails when the server refuses', async () => {
    const database = await createTestDatabase('mysql');
    const pool = mysql.createPool({ uri: database.url, connectionLimit: 1 });
    for (let run = 0; run < 3; run += 1) await mysqlPing(pool).probe(soon());
    await expect(mysqlReplicaLag(pool).probe(soon()), 'without the privilege').rejects.toMatchObject({
      code: 'ER_SPECIFIC_ACCESS_DENIED_ERROR',
    });
    await mysqlPing(pool).probe(soon());
    await pool.end();
    await database.drop();
    const nobody = mysql.createPool({ uri: database.url, connectionLimit: 1 });
    await expect(mysqlPing(nobody).probe(soon())).rejects.toMatchObject({
      code: expect.stringMatching(/^ER_/),
    });
    await nobody.end();
  });
});

describeWith(['private mysql'], 'with a MySQL of its own', () => {
  test('mysqlPing gives up a connection that hangs, and the next run has a new one', async () => {
    await using server = await startMariadb();
    const pool = mysql.createPool({ uri: server.url, connectionLimit: 1 });
    const check = mysqlPing(pool);
    await check.probe(soon());
    await server.freeze();
    const stop = new AbortController();
    const hanging = check.probe(stop.signal);
    setImmediate(() => stop.abort(new Error('time is up')));
    await expect(hanging).rejects.toThrow('time is up');
    await server.thaw();
    await check.probe(soon());
    await pool.end();
  });

  test('mysqlReplicaLag follows a replica that is delayed and one whose replication stops', async () => {
    await using primary = await startMariadb();
    await using replica = await startMariadbReplica(primary);
    const pool = mysql.createPool({ uri: replica.url, connectionLimit: 1 });
    const source = mysql.createPool({ uri: primary.url, connectionLimit: 1 });
    await source.query('create table notes (id int)');
    await replica.caughtUp();
    await expect(mysqlReplicaLag(source).probe(soon())).rejects.toMatchObject({
      code: 'HEALTH_NOT_A_REPLICA',
    });
    const check = mysqlReplicaLag(pool);
    expect(await check.probe(soon())).toEqual({ lagSeconds: 0 });

    await pool.query('stop replica');
    await expect(check.probe(soon())).rejects.toThrow('receives nothing');
    await pool.query('change master to master_delay = 3600');
    await pool.query('start replica');
    await source.query('insert into notes values (1)');
    await waitFor(async () => {
      const seen = Object(await mysqlReplicaLag(pool, { warn: '1s', fail: '1h' }).probe(soon()));
      return seen.status === 'degraded' && seen.lagSeconds >= 1;
    });
    await Promise.all([pool.end(), source.end()]);
  });
});
