import { fileURLToPath } from 'node:url';
import {
  createTestDatabase,
  describeWith,
  freePort,
  spawnNode,
  type TestDatabase,
  waitFor,
} from '@seaworthy/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { KpiClient } from './kpi-client.js';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

describeWith(['postgres'], 'the KPI API while Redis is down', () => {
  let database: TestDatabase;
  let common: Readonly<Record<string, string>>;

  beforeAll(async () => {
    database = await createTestDatabase('postgres');
    common = {
      DATABASE_URL: database.url,
      JWT_SECRET: 'q8Zb1uJk0rT5xYw3nVhL7sPcD2fGmA9e',
      CORS_ORIGIN: 'https://kpi.example.com',
      FRONTEND_URL: 'https://kpi.example.com',
      REDIS_URL: `redis://127.0.0.1:${await freePort()}`, // where nobody listens
    };
  });
  afterAll(() => database?.drop());

  async function rename(from: string, to: string) {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(`alter table ${from} rename to ${to}`);
    await client.end();
  }

  async function start(profile: string, more: Readonly<Record<string, string>> = {}) {
    const port = await freePort();
    const env = { ...common, NODE_ENV: profile, PORT: String(port), ...more };
    return { process: spawnNode(main, { env }), url: `http://127.0.0.1:${port}` };
  }

  it('[row 7] starts degraded in development and staging, exits 1 in production, and shows stacks in development alone', async () => {
    const refused = await start('production');
    await using production = refused.process;

    const stacks: Record<string, boolean> = {};
    for (const [profile, more] of [
      ['development', {}],
      ['staging', {}],
      ['production', { REDIS_REQUIRED: 'false' }],
    ] as const) {
      const { process, url } = await start(profile, more);
      await using running = process;
      await running.output(/listening|started|ready/i, 60_000);
      const client = new KpiClient(url);
      // The whole may be worse: this machine's memory and disk are checked too.
      await waitFor(
        async () => {
          const { database, redis } = (await client.get('/api/health')).body.checks;
          return database.status === 'ok' && redis.status === 'degraded';
        },
        { what: `a database that works and a Redis that does not in ${profile}` },
      );
      await rename('users', 'hidden');
      const failed = await client.post('/api/auth/login', {
        email: 'a@b.example',
        password: 'whatever-it-is',
      });
      await rename('hidden', 'users');
      expect(failed.status).toBe(500);
      stacks[profile] = JSON.stringify(failed.body).includes(' at ');
    }
    expect((await production.exited).code).toBe(1);
    expect(`${production.stdout}${production.stderr}`).toMatch(/redis/i);
    expect(stacks).toEqual({ development: true, staging: false, production: false });
  }, 180_000);
});
