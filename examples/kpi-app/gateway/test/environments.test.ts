import { fileURLToPath } from 'node:url';
import { freePort, spawnNode } from '@seaworthy/testkit';
import { describe, expect, it } from 'vitest';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

describe('[row 4] the process of the KPI gateway', () => {
  it('starts in development with nothing set but its port, which others may use on this machine', async () => {
    const port = String(await freePort());
    await using gateway = spawnNode(main, { env: { NODE_ENV: 'development', GATEWAY_PORT: port } });
    await gateway.output(/"message":"Started"/, 60_000);
    expect(gateway.stdout).toContain(`http://localhost:${port}`);
  });

  it('exits 1 in production without BACKEND_URL, naming it', async () => {
    const env = { NODE_ENV: 'production', FRONTEND_URL: 'https://kpi.example.com', GATEWAY_PORT: '0' };
    await using gateway = spawnNode(main, { env });
    expect((await gateway.exited).code).toBe(1);
    expect(`${gateway.stdout}${gateway.stderr}`).toContain('BACKEND_URL');
    expect(gateway.stdout).not.toContain('Started');
  });
});
