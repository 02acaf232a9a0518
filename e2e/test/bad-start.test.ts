import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, spawnNode } from '@seaworthy/testkit';
import { afterAll, describe, expect, it } from 'vitest';

const kpiBackend = fileURLToPath(new URL('../../examples/kpi-app/backend/dist/main.js', import.meta.url));
const crmServer = fileURLToPath(new URL('../../examples/crm-app/server/dist/main.js', import.meta.url));

const password = 'canary-pw-51c7';

// Each waits for an outcome of its own, most of the time for nothing.
describe.concurrent.each([
  ['KPI backend', kpiBackend, (port: number) => `postgres://kpi:${password}@127.0.0.1:${port}/kpi`],
  ['CRM', crmServer, (port: number) => `mysql://crm:${password}@127.0.0.1:${port}/crm`],
])('the %s', (_name, script, urlAt) => {
  it('names every wrong variable at once, prints no value, opens no port and exits 1', async () => {
    const port = await freePort();
    await using service = spawnNode(script, {
      env: {
        NODE_ENV: 'development',
        PORT: String(port),
        DATABASE_URL: 'canary://x',
        LOG_LEVEL: 'canary-level',
        SEED: 'canary-seed',
      },
    });
    expect(await service.exited).toEqual({ code: 1, signal: null });
    for (const name of ['DATABASE_URL', 'LOG_LEVEL', 'SEED']) expect(service.stderr).toContain(name);
    expect(service.stderr + service.stdout).not.toContain('canary');
    await expect(fetch(`http://127.0.0.1:${port}/livez`)).rejects.toThrow('fetch failed');
  });

  it('says which database does not answer, never the password, after a bounded retry, and exits 1', async () => {
    const databasePort = await freePort();
    await using service = spawnNode(script, {
      env: {
        NODE_ENV: 'development',
        PORT: String(await freePort()),
        DATABASE_URL: urlAt(databasePort),
        DATABASE_START_TIMEOUT: '3s',
      },
    });
    expect(await service.exited).toEqual({ code: 1, signal: null });
    expect(service.stderr).toContain(`127.0.0.1:${databasePort}`);
    expect(service.stderr + service.stdout).not.toContain(password);
  });
});

describe.concurrent('the KPI backend', () => {
  const folder = mkdtempSync(join(tmpdir(), 'seaworthy-taken-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('says which port is taken and exits 1', async () => {
    const port = await freePort();
    const occupant = createServer();
    await new Promise<void>((resolve) => occupant.listen(port, '127.0.0.1', resolve));
    await using service = spawnNode(kpiBackend, {
      env: {
        NODE_ENV: 'test',
        PORT: String(port),
        DATA_DIR: join(folder, 'data'),
      },
    });
    expect(await service.exited).toEqual({ code: 1, signal: null });
    expect(service.stderr).toContain(`Port ${port} on 127.0.0.1 is taken.`);
    occupant.close();
  });
});
