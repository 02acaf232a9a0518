import { join } from 'node:path';
import { freePort, spawnNode } from '@seaworthy/testkit';
import { expect, it } from 'vitest';

it('[row 60] a process that awaits ready() of a required Redis exits with 1 after ten attempts, naming the address and no password', async () => {
  const port = await freePort();
  await using child = spawnNode(join(import.meta.dirname, 'fixtures/required.mjs'), {
    env: { REDIS_URL: `redis://:canary-7@127.0.0.1:${port}` },
  });
  expect(await child.exited).toEqual({ code: 1, signal: null });
  expect(child.stderr).toContain(`Gave up connecting to Redis at 127.0.0.1:${port} (ECONNREFUSED)`);
  expect(child.stdout + child.stderr).not.toContain('canary-7');
  expect(child.stdout).not.toContain('started');
});
