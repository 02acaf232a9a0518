import { describeWith, startMariadb, startMariadbReplica, startPostgres, waitFor } from '@seaworthy/testkit';
import mysql2 from 'mysql2';
import pg from 'pg';
import { expect, test } from 'vitest';
import { mysql } from '../src/drivers/mysql.js';
import { postgres } from '../src/drivers/postgres.js';
import { createDb, type DbOptions, sql } from '../src/index.js';
import { createReplicatedDb, type ReplicatedDb } from '../src/replicas.js';
import { refused } from './support/refused.js';

const as = (url: string, user: string): string => {
  const own = new URL(url);
  own.username = user;
  own.password = 'password-of-app';
  return own.href;
};

describeWith(['postgres'], 'the connection budget of PostgreSQL', () => {
  test("[row 47] is refused at start with the sum when the instances, or what they leave for others, exceed the server's, the database's or the role's limit", async () => {
    await using server = await startPostgres({ settings: { max_connections: 50 } }); // 3 of them are for superusers
    await using admin = createDb(postgres(pg), { url: server.url });
    await admin.exec(sql`create role app login password 'password-of-app' connection limit 30`);
    const start = async (options: Pick<DbOptions, 'budget' | 'pool'>, user?: string): Promise<string> => {
      const url = user === undefined ? server.url : as(server.url, user);
      await using db = createDb(postgres(pg), { url, ...options });
      return await db.ready().then(
        () => 'started',
        (error: unknown) => String(error),
      );
    };
    const pool = { max: 20 };
    expect(await start({ pool, budget: { instances: 2, reserve: 7 } })).toBe('started');
    expect(await start({ pool, budget: { instances: 2, reserve: 8 } })).toContain(
      '2 instances x 20 connections + 8 in reserve = 48, and the server allows 47',
    );
    // The role's limit is what one pool of the second instance would run into.
    expect(await start({ pool, budget: { instances: 1 } }, 'app')).toBe('started');
    expect(await start({ pool, budget: { instances: 2, reserve: 0 } }, 'app')).toContain(
      '2 instances x 20 connections = 40, and the role allows 30',
    );
    await admin.exec(sql`alter database postgres connection limit 40`);
    expect(await start({ pool, budget: { instances: 2 } })).toContain('= 45, and the database allows 40');
    expect(await start({ pool })).toBe('started');
    await using db = createDb(postgres(pg), { url: server.url, pool, budget: { instances: 100 } });
    expect(await refused(db.ready())).toMatchObject({ kind: 'budget', code: 'DB_CONNECTION_BUDGET' });
  });
});

describeWith(['mysql'], 'the connection budget of MySQL', () => {
  test("[row 47] is refused at start with the sum when the instances, or what they leave for others, exceed the server's or the user's limit, with a connection of each for cancelling", async () => {
    await using server = await startMariadb({ settings: { max_connections: 50 } });
    await using admin = createDb(mysql(mysql2), { url: server.url });
    await admin.exec(sql`create user 'app'@'%' identified by 'password-of-app' with max_user_connections 30`);
    await admin.exec(sql`grant select on seaworthy.* to 'app'@'%'`);
    const start = async (options: Pick<DbOptions, 'budget' | 'pool'>, user?: string): Promise<string> => {
      const url = user === undefined ? server.url : as(server.url, user);
      await using db = createDb(mysql(mysql2), { url, ...options });
      return await db.ready().then(
        () => 'started',
        (error: unknown) => String(error),
      );
    };
    const pool = { max: 20 };
    expect(await start({ pool, budget: { instances: 2, reserve: 8 } })).toBe('started');
    expect(await start({ pool, budget: { instances: 2, reserve: 9 } })).toContain(
      '2 instances x 21 connections + 9 in reserve = 51, and the server allows 50',
    );
    expect(await start({ pool, budget: { instances: 1 } }, 'app')).toBe('started');
    expect(await start({ pool, budget: { instances: 2 } }, 'app')).toContain(
      '2 instances x 21 connections = 42, and the role allows 30',
    );
  });

  test('needs one connection beyond pool.max, however many statements are cancelled at once', async () => {
    await using server = await startMariadb();
    await using admin = createDb(mysql(mysql2), { url: server.url, pool: { max: 1 } });
    await using db = createDb(mysql(mysql2), { url: server.url, pool: { min: 0, max: 8 } });
    const sleep = (seconds: number, timeout: string) => db.many(sql`select sleep(${seconds})`, { timeout });
    await Promise.all(Array.from({ length: 8 }, () => sleep(0.1, '20s')));
    const sleeping = Array.from({ length: 8 }, () => refused(sleep(60, '1s')));
    for (const error of await Promise.all(sleeping)) expect(error).toMatchObject({ kind: 'query_timeout' });
    const running = sql`select id from information_schema.processlist where info like 'select sleep%'`;
    await waitFor(async () => (await admin.many(running)).length === 0, { what: 'the server to stop all' });
    const [most] = await admin.many<{ Value: unknown }>(sql`show global status like 'Max_used_connections'`);
    // With the administrator's, and some that the server may not have let go of yet; one each would be 17.
    expect(Number(most?.Value)).toBeLessThanOrEqual(8 + 1 + 1 + 4);
  });
});

describeWith(['private postgres', 'private mysql'], 'the connection budget of replicas', () => {
  const start = async (open: () => ReplicatedDb): Promise<string> => {
    await using db = open();
    return await db.ready({ timeout: '60s' }).then(
      () => 'started',
      (error: unknown) => String(error),
    );
  };

  test('[row 47] counts the connection by which an instance watches the primary', async () => {
    await using server = await startPostgres({ settings: { max_connections: 50 } });
    const started = (reserve: number) =>
      start(() =>
        createReplicatedDb(postgres(pg), {
          url: server.url,
          replicas: [],
          pool: { max: 20 },
          budget: { instances: 2, reserve },
        }),
      );
    expect(await started(5)).toBe('started');
    expect(await started(6)).toContain(
      '2 instances x 21 connections + 6 in reserve = 48, and the server allows 47',
    );
  });

  test('[row 47] is checked on each replica too, and one that is away does not keep the service from starting', async () => {
    await using primary = await startMariadb({ settings: { max_connections: 50 } });
    await using replica = await startMariadbReplica(primary, { settings: { max_connections: 30 } });
    const started = (reserve: number) =>
      start(() =>
        createReplicatedDb(mysql(mysql2), {
          url: primary.url,
          replicas: [replica.url],
          pool: { max: 20 },
          budget: { instances: 1, reserve },
        }),
      );
    // The pool and what watches, each with one more to cancel.
    expect(await started(7)).toBe('started');
    expect(await started(8)).toContain(
      `1 instances x 23 connections + 8 in reserve = 31, and the server at 127.0.0.1:${replica.port} allows 30`,
    );
    await replica.kill();
    expect(await started(8)).toBe('started');
  });
});

test('a budget that cannot be one is refused', () => {
  const open = (budget: unknown) => () =>
    createDb(postgres(pg), { url: 'postgres://app@localhost/app', budget: budget as never });
  expect(open({ instances: 0 })).toThrow('budget.instances');
  expect(open({ instances: 1, reserved: 3 })).toThrow('"reserve"');
  expect(open({})).toThrow('budget.instances');
});
