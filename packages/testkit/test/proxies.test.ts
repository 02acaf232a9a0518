import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createTestDatabase,
  describeWith,
  type HttpService,
  httpHosts,
  ServerStartFailed,
  startHaproxy,
  startNginx,
  startPgBouncer,
  startPostgres,
  waitFor,
} from '../src/index.js';

describeWith(['private postgres', 'private pgbouncer'], 'PgBouncer', () => {
  test('gives many clients few server connections, for every user of the server', async () => {
    await using postgres = await startPostgres();
    await using bouncer = await startPgBouncer(postgres, { settings: { default_pool_size: 2 } });
    const admin = new pg.Client(bouncer.url);
    await admin.connect();
    await admin.query("create role app login password 'app-password'");
    await admin.end();
    const pool = new pg.Pool({
      connectionString: `postgres://app:app-password@127.0.0.1:${bouncer.port}/postgres`,
      max: 20,
    });
    const backends = await Promise.all(
      Array.from(
        { length: 20 },
        async () => (await pool.query('select pg_backend_pid() as pid')).rows[0].pid,
      ),
    );
    expect(pool.totalCount).toBeGreaterThan(2);
    expect(new Set(backends).size).toBeLessThanOrEqual(2);
    await pool.end();
    await expect(
      new pg.Client(`postgres://app:wrong@127.0.0.1:${bouncer.port}/postgres`).connect(),
    ).rejects.toThrow(/password authentication failed|SASL/);
  });

  test('answers again after it was killed, and restarts while PostgreSQL is down', async () => {
    await using postgres = await startPostgres();
    await using bouncer = await startPgBouncer(postgres);
    await bouncer.kill();
    await postgres.stop();
    await bouncer.restart();
    await postgres.restart();
    const client = new pg.Client(bouncer.url);
    await client.connect();
    expect((await client.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await client.end();
  });
});

describeWith(['private nginx'], 'nginx', () => {
  const { upstreams } = twoServices();

  test('nginx passes requests on with the forwarded headers, and logs them', async () => {
    await using nginx = await startNginx({ upstreams: upstreams() });
    const response = await fetch(`${nginx.url}/seen`);
    expect(await response.json()).toMatchObject({
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
    });
    await waitFor(() => nginx.logs().includes('GET /seen'));
    await nginx.freeze();
    await expect(fetch(`${nginx.url}/seen`, { signal: AbortSignal.timeout(300) })).rejects.toThrow();
    await nginx.thaw();
    await nginx.kill();
    await nginx.restart();
    expect((await fetch(`${nginx.url}/hello`)).status).toBe(200);
  });

  test('nginx runs a configuration of the caller', async () => {
    await using nginx = await startNginx({
      config: 'server { listen 127.0.0.1:{{port}}; return 418 "teapot"; }',
    });
    const response = await fetch(nginx.url);
    expect([response.status, await response.text()]).toEqual([418, 'teapot']);
  });

  test('a wrong configuration fails with what nginx says about it', async () => {
    const failure = await startNginx({ config: 'serverr {}' }).catch((error: unknown) => error);
    expect(ServerStartFailed.is(failure)).toBe(true);
    expect(String(failure)).toContain('unknown directive "serverr"');
  });
});

describeWith(['private haproxy'], 'HAProxy', () => {
  const { services, upstreams } = twoServices();

  test('HAProxy balances over the upstreams and leaves out one that fails its check', async () => {
    await using balancer = await startHaproxy({ upstreams: upstreams(), check: '/hello', checkEveryMs: 50 });
    const hostOf = async (): Promise<string | null> =>
      (await fetch(`${balancer.url}/seen`)).headers.get('x-host');
    await waitFor(async () => new Set([await hostOf(), await hostOf()]).size === 2);
    await services[1]?.close();
    await waitFor(() => /s1 is DOWN/i.test(balancer.logs()));
    // On a busy machine the other one misses a check now and then and is out for a moment as well.
    await waitFor(async () => {
      const hosts = [await hostOf(), await hostOf(), await hostOf()];
      return hosts.every((host) => host === 'node:http');
    });
  });
});

describe('HTTP proxies', () => {
  test('either a configuration or upstreams must be given', async () => {
    await expect(startNginx({})).rejects.toThrow('upstreams');
    await expect(startHaproxy({ config: '', upstreams: [] })).rejects.toThrow('upstreams');
  });
});

describeWith(['postgres', 'private pgbouncer'], 'a test database', () => {
  test('works through PgBouncer with its own user', async () => {
    await using database = await createTestDatabase('postgres');
    const admin = new URL(database.adminUrl);
    await using bouncer = await startPgBouncer({
      host: admin.hostname,
      port: Number(admin.port),
      user: admin.username,
      password: admin.password,
      database: database.name,
    });
    const url = new URL(database.url);
    url.port = String(bouncer.port);
    const client = new pg.Client(url.href);
    await client.connect();
    expect((await client.query('select current_user::text as me')).rows).toEqual([{ me: database.user }]);
    await client.end();
  });
});

/** Services behind a proxy, for the suite that asks. */
function twoServices() {
  const services: HttpService[] = [];
  const upstreams = (): string[] => services.map(({ port }) => `127.0.0.1:${port}`);
  beforeAll(async () => {
    for (const host of httpHosts.slice(0, 2)) {
      services.push(
        await host.serve({
          routes: [
            {
              method: 'GET',
              path: '/seen',
              handle: ({ headers }) => ({ headers: { 'x-host': host.name }, body: headers }),
            },
          ],
        }),
      );
    }
  });
  afterAll(async () => {
    for (const service of services) await service.close();
  });
  return { services, upstreams };
}
