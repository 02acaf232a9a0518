import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createTestDatabase, describeWith, sharedRedis, spawnNode, waitFor } from '@seaworthy/testkit';
import { expect, test } from 'vitest';

const folder = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(`${folder}README.md`, 'utf8');

describeWith(['postgres', 'redis'], 'with PostgreSQL and Redis', () => {
  test('the example of the README runs, answers its endpoints and ends cleanly', async () => {
    const code = /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
    const database = await createTestDatabase('postgres');
    const redis = await sharedRedis();
    await using app = spawnNode('example', {
      cwd: folder,
      nodeOptions: ['--input-type=module', '--eval', code],
      env: { DATABASE_URL: database.url, REDIS_URL: redis.url, PORT: '0' },
    });
    const [, port] = await app.output(/listening on (\d+)/);
    const url = `http://127.0.0.1:${port}`;
    expect(await (await fetch(url)).text()).toBe('hello');
    await waitFor(async () => (await fetch(`${url}/health`)).status === 200);
    for (const path of ['/livez', '/readyz', '/startupz', '/health/database', '/health/redis']) {
      expect([path, (await fetch(`${url}${path}`)).status]).toEqual([path, 200]);
    }
    const report: unknown = await (await fetch(`${url}/health`)).json();
    expect(Object.keys(Object(report).checks)).toEqual(['database', 'redis', 'disk', 'memory', 'loop']);
    app.kill('SIGTERM');
    expect(await app.exited).toEqual({ code: 0, signal: null });
    expect(app.stderr).toBe('');
    await database.drop();
  });
});

test('every guarantee of the README names a test that there is', () => {
  const guarantees = readme.slice(readme.indexOf('## What it guarantees'), readme.indexOf('## Install'));
  const proofs = [...guarantees.matchAll(/`(test\/[\w/-]+\.test\.ts)`:\s+"([^"]+)"/g)];
  expect(proofs.length).toBeGreaterThanOrEqual(guarantees.match(/^- /gm)?.length ?? Number.NaN);
  for (const [, file = '', title = ''] of proofs) {
    // `test('…'` and the second call of `test.each(…)('…'`.
    const declared = /(?:\btest|\))\(\s*'((?:[^'\\]|\\.)*)'/g;
    const titles = [...readFileSync(`${folder}${file}`, 'utf8').matchAll(declared)].map(([, each]) => each);
    expect(titles).toContain(title);
  }
});
