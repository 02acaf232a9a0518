import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@seaworthy/testkit';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { pagesService } from '../src/serve-pages.js';

const guard = vi.hoisted(() => ({ fails: false }));

// No request of a client makes the real decision fail, which is why it is made to fail here.
vi.mock(import('@seaworthy/security/node'), async (original) => {
  const real = await original();
  return {
    ...real,
    secure: (security) => {
      const pass = real.secure(security);
      return (req, res, next) => (guard.fails ? next(new Error('no decision')) : pass(req, res, next));
    },
  };
});

const closing: Array<() => unknown> = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

describe('the server of pages', () => {
  it('serves no page that its guard could not decide about', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pages-'));
    closing.push(() => rmSync(folder, { recursive: true, force: true }));
    writeFileSync(join(folder, 'index.html'), '<p>the page</p>');
    vi.stubEnv('NODE_ENV', 'test');
    vi.stubEnv('PORT', String(await freePort()));
    vi.stubEnv('PAGES_FOLDER', folder);
    vi.stubEnv('LOG_LEVEL', 'error');
    closing.push(() => vi.unstubAllEnvs());
    const service = await pagesService('pages').start();
    closing.push(() => service.close());
    expect(await (await fetch(service.url ?? '')).text()).toContain('the page');
    guard.fails = true;
    const answer = await fetch(service.url ?? '');
    expect([answer.status, await answer.text()]).toEqual([500, '']);
  });
});
