import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describeWith, sharedRedis, waitFor } from '@seaworthy/testkit';
import { afterEach, expect, test, vi } from 'vitest';

const folder = new URL('..', import.meta.url);
const readme = readFileSync(new URL('README.md', folder), 'utf8');
const page = readFileSync(new URL('../../docs/packages/security.md', folder), 'utf8');
const copy = new URL(`.readme-example-${process.pid}.js`, import.meta.url);

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(copy, { force: true });
});

describeWith(['redis'], 'with Redis', () => {
  test('the example of the README serves a page with its nonce and the client behind the proxy', async () => {
    const code = /```js\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
    const source = code
      .replace("'@seaworthy/security/express'", "'../src/adapters/express.js'")
      .replace("'@seaworthy/security'", "'../src/index.js'");
    writeFileSync(copy, source);
    vi.stubEnv('REDIS_URL', (await sharedRedis()).url);
    vi.stubEnv('RATE_LIMIT_SECRET', 'a-secret-of-the-readme');
    vi.stubEnv('PORT', '0');
    const { server }: { server: Server } = await import(copy.href);
    try {
      const { port } = server.address() as AddressInfo;
      const answer = await fetch(`http://127.0.0.1:${port}`, {
        headers: { 'x-forwarded-for': '203.0.113.9' },
      });
      const page = await answer.text();
      const nonce = /nonce="([^"]+)"/.exec(page)?.[1];
      expect(page).toMatch(/203\.0\.113\.9$/);
      expect(answer.headers.get('content-security-policy')).toContain(`'nonce-${nonce}'`);
      expect(answer.headers.get('ratelimit-policy')).toBe('"ip";q=100;w=60');
      // A busy machine may miss the deadline of Redis, and what is open then tells no figures.
      await waitFor(
        async () => {
          const search = await fetch(`http://127.0.0.1:${port}/api/search`);
          return search.headers.get('ratelimit-policy') === '"ip";q=100;w=60, "search";q=20;w=60';
        },
        { timeoutMs: 30_000, what: 'both limits to be told' },
      );
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});

test('every guarantee of the README, every row of ASVS and every fault of others names a test that there is', () => {
  const guarantees = readme.slice(readme.indexOf('## What it guarantees'), readme.indexOf('## Install'));
  const proofs = [...`${guarantees}${page}`.matchAll(/`(test\/[\w/-]+\.test\.ts)`:\s+"([^"]+)"/g)];
  expect(proofs.length).toBeGreaterThanOrEqual(guarantees.match(/^- /gm)?.length ?? Number.NaN);
  for (const [, file = '', title = ''] of proofs) {
    const text = readFileSync(new URL(file, folder), 'utf8');
    const quoted = text.includes(`'${title}'`) || text.includes(`"${title}"`);
    expect([title, quoted]).toEqual([title, true]);
  }
});
