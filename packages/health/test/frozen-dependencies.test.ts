import {
  createFakeClock,
  describeHttpContract,
  describeWith,
  startPostgres,
  startRedis,
  waitFor,
} from '@seaworthy/testkit';
import { Redis } from 'ioredis';
import pg from 'pg';
import { expect, test } from 'vitest';
import { createHealth, eventLoop, local, remote } from '../src/index.js';
import { askMany } from './ask-many.js';
import { mountHealth } from './mount.js';

/** Counts the calls of a probe that are out. */
function counted(probe: () => Promise<unknown>) {
  const counts = { calls: 0, outstanding: 0, most: 0 };
  return {
    counts,
    async probe(): Promise<unknown> {
      counts.calls += 1;
      counts.outstanding += 1;
      counts.most = Math.max(counts.most, counts.outstanding);
      try {
        return await probe();
      } finally {
        counts.outstanding -= 1;
      }
    },
  };
}

describeWith(['private postgres', 'private redis'], 'with servers that freeze', () => {
  test('a frozen PostgreSQL and a frozen Redis get one call each, are flagged in time, and come back', async () => {
    await using postgres = await startPostgres();
    await using redis = await startRedis();
    const pool = new pg.Pool({ connectionString: postgres.url, max: 2 });
    pool.on('error', () => undefined);
    const client = new Redis(redis.url);
    client.on('error', () => undefined);
    const database = counted(() => pool.query('select 1'));
    const cache = counted(() => client.ping());
    const health = createHealth({
      signals: false,
      checks: {
        database: remote(database.probe, { interval: 50, timeout: 100, failAfter: 1 }),
        redis: remote(cache.probe, { interval: 50, timeout: 100, failAfter: 1, critical: false }),
      },
    });
    const statuses = () =>
      Object.fromEntries(health.snapshot().checks.map(({ name, status }) => [name, status]));
    await waitFor(() => health.snapshot().status === 'pass');

    const failures = () => health.snapshot().checks.map((check) => check.failures ?? 0);
    await Promise.all([postgres.freeze(), redis.freeze()]);
    // One that was under way may still be answered; what fails three times more is the call that hangs.
    const atFreeze = failures();
    await waitFor(() => failures().every((count, at) => count >= (atFreeze[at] ?? 0) + 3));
    expect(statuses()).toEqual({ database: 'fail', redis: 'fail' });
    const calls = [database.counts.calls, cache.counts.calls];
    // Many intervals and probes later it is still the same one call.
    const [failuresNow = 0] = failures();
    await waitFor(() => (failures()[0] ?? 0) > failuresNow + 10);
    for (let probe = 0; probe < 1_000; probe += 1) health.snapshot();
    expect([database.counts.calls, cache.counts.calls]).toEqual(calls);
    expect([database.counts, cache.counts]).toMatchObject([
      { outstanding: 1, most: 1 },
      { outstanding: 1, most: 1 },
    ]);
    expect(health.snapshot().checks).toMatchObject([{ hung: true }, { hung: true }]);

    await Promise.all([postgres.thaw(), redis.thaw()]);
    await waitFor(() => health.snapshot().status === 'pass', { what: 'both to be seen again' });
    expect([database.counts.most, cache.counts.most]).toEqual([1, 1]);

    health.stop('pools', 'clients', async () => {
      client.disconnect();
      await pool.end();
    });
    expect(await health.shutdown()).toMatchObject({ clean: true });
  });
});

describeWith(['private postgres'], 'with a real PostgreSQL that is killed', () => {
  describeHttpContract('liveness is not readiness', (host) => {
    test('[row 73] 200 alive and 503 not ready while the database is down; 1,000 probes a second are 1 query a second', async () => {
      await using postgres = await startPostgres();
      const pool = new pg.Pool({ connectionString: postgres.url, max: 1, connectionTimeoutMillis: 20_000 });
      pool.on('error', () => undefined);
      const database = counted(() => pool.query('select 1'));
      const clock = createFakeClock();
      const health = createHealth({
        signals: false,
        clock,
        random: () => 0.5,
        checks: {
          database: remote(database.probe, { interval: '1s', timeout: '900ms' }),
          loop: local(eventLoop({ fail: '1h' })),
        },
        live: ['loop'],
        ready: ['database'],
      });
      await using service = await host.serve(mountHealth(health));
      /** Moves the checks' clock; the query that falls due comes back before it moves on. */
      const advance = async (ms: number): Promise<void> => {
        await clock.advance(ms);
        await waitFor(() => database.counts.outstanding === 0);
      };
      const second = (): Promise<void> => advance(1_000);
      await advance(0);
      for (let seconds = 0; seconds < 2; seconds += 1) {
        const before = database.counts.calls;
        const codes = new Set(await askMany(Array.from({ length: 1_000 }, () => `${service.url}/readyz`)));
        await second();
        expect([...codes]).toEqual([200]);
        expect(database.counts.calls).toBe(before + 1);
      }

      await postgres.kill();
      await second();
      await second();
      await second();
      const codeOf = async (path: string): Promise<number> => (await fetch(`${service.url}${path}`)).status;
      expect([await codeOf('/livez'), await codeOf('/readyz'), await codeOf('/health')]).toEqual([
        200, 503, 503,
      ]);

      await postgres.restart();
      await second();
      await second();
      expect([await codeOf('/livez'), await codeOf('/readyz')]).toEqual([200, 200]);
      await Promise.all([pool.end(), health.close()]);
    });
  });
});
