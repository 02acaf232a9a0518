import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { silentLogger } from '@seaworthy/contracts';
import { createDb } from '@seaworthy/db-pool';
import { pglite } from '@seaworthy/db-pool/pglite';
import { createHealth, createMetrics } from '@seaworthy/health';
import { createSecurity } from '@seaworthy/security';
import { createLoginGuard } from '@seaworthy/security/login';
import { createTestDatabase, describeWith, freePort, waitFor } from '@seaworthy/testkit';
import { afterEach, expect, it } from 'vitest';
import { createApp } from '../src/app.js';
import { schema } from '../src/config.js';
import { KpiClient, startKpi } from './kpi-client.js';

const closing: Array<() => unknown> = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

/** Guesses a password as the client that a proxy says it is. */
async function guesses(variables: Readonly<Record<string, string>> = {}) {
  const database = await createTestDatabase('postgres');
  closing.push(() => database.drop());
  const data = { PORT: String(await freePort()), DATABASE_URL: database.url, LOGIN_LIMIT: '10' };
  const service = await startKpi({ ...data, ...variables });
  closing.push(() => service.close());
  const client = new KpiClient(service.url ?? '');
  return async (forwardedFor: string, path = '/api/auth/login', password = 'wrong'): Promise<number> => {
    const body = { email: 'admin@kpi.example', password };
    return (await client.send('POST', path, body, { 'x-forwarded-for': forwardedFor })).status;
  };
}

describeWith(['postgres'], 'the clients of the KPI API', () => {
  it('have ten attempts at a login, whatever is wrong with them, each behind the gateway for itself', async () => {
    const guess = await guesses();
    expect(await guess('203.0.113.1')).toBe(401);
    // Refused before a password is hashed, which costs what it is meant to cost.
    for (let attempt = 2; attempt <= 10; attempt += 1) {
      expect(await guess('203.0.113.1', '/api/auth/login', '')).toBe(400);
    }
    expect(await guess('203.0.113.1')).toBe(429);
    expect(await guess('203.0.113.1', '/api/auth/token')).toBe(429);
    expect(await guess('203.0.113.1', '/api/auth/register')).toBe(429);
    expect(await guess('203.0.113.2')).toBe(401);
  });

  it('have so many failed logins a network and no more, however many addresses of it they take', async () => {
    const guess = await guesses({ LOGIN_LIMIT: '1' });
    const statuses: number[] = [];
    // Each from a /64 of its own, which is a client of its own to other limits, in one /56.
    for (let at = 1; at <= 11; at += 1) statuses.push(await guess(`2001:db8:0:${at.toString(16)}::1`));
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
    expect(await guess('2001:db8:0:20::1', '/api/auth/token')).toBe(429);
    expect(await guess('2001:db8:0:100::1')).toBe(401);
  });

  it('may ask how it is as often as they like, under both paths, and nothing else', async () => {
    const database = await createTestDatabase('postgres');
    closing.push(() => database.drop());
    const service = await startKpi({
      PORT: String(await freePort()),
      DATABASE_URL: database.url,
      RATE_LIMIT_MAX_REQUESTS: '3',
    });
    closing.push(() => service.close());
    const client = new KpiClient(service.url ?? '');
    const statuses = async (path: string): Promise<readonly number[]> => {
      const answers: number[] = [];
      for (let time = 0; time < 5; time += 1) answers.push((await client.send('GET', path)).status);
      return answers;
    };
    for (const path of ['/readyz', '/api/livez', '/api/readyz']) {
      expect(await statuses(path), path).toEqual([200, 200, 200, 200, 200]);
    }
    // A busy machine may be low on memory, which it then says.
    expect(await statuses('/api/health')).not.toContain(429);
    expect(await statuses('/api/teams')).toEqual([401, 401, 401, 429, 429]);
  });

  it('see the metrics in development only', async () => {
    const database = await createTestDatabase('postgres');
    closing.push(() => database.drop());
    const answers: unknown[] = [];
    for (const NODE_ENV of ['development', 'test']) {
      const data = { PORT: String(await freePort()), DATABASE_URL: database.url, NODE_ENV };
      const service = await startKpi({ ...data, RATE_LIMIT_MAX_REQUESTS: '1' });
      const asked = async (path: string): Promise<Response> => await fetch(`${service.url}${path}`);
      await asked('/api/teams');
      await asked('/api/teams');
      const scrape = await asked('/metrics');
      const text = await scrape.text();
      answers.push([
        scrape.status,
        // Refused before any route was looked for, and counted.
        /http_server_request_duration_seconds_count\{[^}]*http_response_status_code="429"[^}]*\} 1\n/.test(
          text,
        ),
        /db_client_operation_duration_seconds_count/.test(text),
      ]);
      await service.close();
    }
    expect(answers).toEqual([
      [200, true, true],
      [403, false, false],
    ]);
  });

  it('do not choose their address where no trusted proxy says it', async () => {
    const guess = await guesses({ TRUSTED_PROXIES: '10.0.0.0/8', LOGIN_LIMIT: '1' });
    expect(await guess('203.0.113.1')).toBe(401);
    expect(await guess('203.0.113.2')).toBe(429);
  });

  it('are in the request log as the gateway saw them', async () => {
    const lines: unknown[] = [];
    const info = (_message: string, fields?: object) => lines.push(fields);
    const health = createHealth();
    const security = createSecurity();
    const logins = createLoginGuard();
    const db = createDb(pglite({ module: import.meta.resolve('@electric-sql/pglite') }), { connection: {} });
    const config = schema.load({ env: { NODE_ENV: 'test' }, cwd: '/nonexistent' });
    const logger = { ...silentLogger, info };
    const metrics = createMetrics();
    const app = createApp({ config, environment: 'test', logger, db, health, metrics, security, logins });
    const server = app.listen(0, '127.0.0.1');
    closing.push(
      () => Promise.all([db.close(), security.close(), health.close(), metrics.close()]),
      () => server.close(),
    );
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await fetch(`http://127.0.0.1:${port}/x`, { headers: { 'x-forwarded-for': '8.8.8.8, 203.0.113.7' } });
    await waitFor(() => lines.length > 0, { what: 'the line of the request' });
    expect(lines).toMatchObject([{ ip: '203.0.113.7' }]);
  });
});
