import { spawnSync } from 'node:child_process';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { freePort } from '@seaworthy/testkit';
import { describe, expect, it } from 'vitest';
import { startDemo } from './demo.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Runs `npm start` where it must refuse, to its end. */
function refusal(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { PATH, HOME } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['tools/bootstrap.mjs', 'start', ...args], {
    cwd: root,
    env: { PATH, HOME, ...env },
    encoding: 'utf8',
  });
  return { status, output: stdout + stderr };
}

describe('npm start', () => {
  it('says which port is taken and how to choose another', async () => {
    const port = await freePort();
    const occupant = createServer();
    await new Promise<void>((resolve) => occupant.listen(port, '127.0.0.1', resolve));
    const { status, output } = refusal(['--only', 'kpi'], { GATEWAY_PORT: String(port) });
    occupant.close();
    expect(status).toBe(1);
    expect(output).toContain(`port ${port} for the KPI gateway is taken`);
    expect(output).toContain(`GATEWAY_PORT=${port + 10} npm start`);
  });

  it.each([
    [['--onyl', 'kpi'], {}, 'does not know "--onyl"'],
    [['--only', 'both'], {}, 'does not know "both"'],
    [[], { GATEWAY_PORT: 'abc' }, 'GATEWAY_PORT is not a port'],
  ])('refuses %j with %j', (args, env, message) => {
    const { status, output } = refusal(args, env);
    expect(status).toBe(1);
    expect(output).toContain(message);
  });

  it('serves the KPI application and skips the CRM aloud where no MariaDB can be had', async () => {
    const nowhere = { SEAWORTHY_SERVER_PATH: '/nonexistent', SEAWORTHY_INSTALL: 'no' };
    await using demo = await startDemo([], nowhere);
    expect(demo.output).toContain('The CRM is skipped');
    expect((await fetch(`${demo.kpiUrl}/api/health`)).status).toBe(200);
    await expect(fetch(demo.crmUrl)).rejects.toThrow('fetch failed');
    expect(await demo.interrupt()).toBe(0);
  }, 240_000);
});
