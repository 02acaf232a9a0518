import { fileURLToPath } from 'node:url';
import {
  type Authority,
  createAuthority,
  createTestDatabase,
  describeWith,
  freePort,
  spawnNode,
  type TestDatabase,
  waitFor,
} from '@seaworthy/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startKpi } from './kpi-client.js';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

describeWith(['postgres', 'openssl'], 'the certificate in front of the KPI API', () => {
  let authority: Authority;
  let database: TestDatabase;

  beforeAll(async () => {
    [authority, database] = await Promise.all([createAuthority(), createTestDatabase('postgres')]);
  });
  afterAll(async () => {
    await database?.drop();
    await authority?.[Symbol.asyncDispose]();
  });

  /** What the health report and the metrics say of a certificate for so many days. */
  async function shownOf(days: number) {
    const { certPath } = await authority.issue(`days-${days}`, 'DNS:localhost', days);
    await using service = await startKpi({
      NODE_ENV: 'development',
      SEED: 'false',
      PORT: String(await freePort()),
      DATABASE_URL: database.url,
      CERTIFICATE_FILE: certPath,
    });
    const health = await waitFor(
      async () => {
        const text = await (await fetch(`${service.url}/api/health`)).text();
        return JSON.parse(text).checks.certificate.checkedAt === undefined ? undefined : text;
      },
      { what: 'the first look at the certificate' },
    );
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    const ready = (await fetch(`${service.url}/api/readyz`)).status;
    return { health, metrics, ready };
  }

  it('[row 25] warns with 20 days left and not with 90, is a metric, and when it has ended the deployment fails', async () => {
    const fine = await shownOf(90);
    expect(fine.health).not.toContain('The certificate ends');
    const soon = await shownOf(20);
    expect(soon.health).toMatch(/The certificate ends in (2w5d23h|2w6d)/);
    expect([fine.ready, soon.ready]).toEqual([200, 200]);
    const ends =
      /^health_check_timestamp_seconds\{[^}]*check="certificate"[^}]*figure="expiresAt"[^}]*\} (\S+)$/m;
    const days = (Number(ends.exec(soon.metrics)?.[1]) - Date.now() / 1_000) / 86_400;
    expect(days).toBeGreaterThan(19.9);
    expect(days).toBeLessThanOrEqual(20);

    const { certPath } = await authority.issue('ended', 'DNS:localhost', 'expired');
    const env = {
      NODE_ENV: 'development',
      PORT: String(await freePort()),
      DATABASE_URL: database.url,
      CERTIFICATE_FILE: certPath,
    };
    await using process = spawnNode(main, { env });
    expect(await process.exited).toEqual({ code: 1, signal: null });
    expect(process.stdout + process.stderr).toMatch(/The certificate ended on/);
    expect(process.stdout).not.toContain('Listening');
  });
});
