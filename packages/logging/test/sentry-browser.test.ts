import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { build } from 'vite';
import { describe, expect, onTestFinished, test } from 'vitest';
import { initSentry } from '../src/sentry/browser.js';
import { fakeIngest } from './support/fake-ingest.js';
import { tempFolder } from './support/temp-folder.js';

const chromiumPath = process.env.CHROMIUM_PATH ?? '/usr/bin/chromium';

/** With CI=true a missing browser is a failure. */
function chromiumIsMissing(): boolean {
  if (process.env.CI === 'true' || existsSync(chromiumPath)) return false;
  console.warn(`SKIPPED: no browser at ${chromiumPath}. Install chromium or set CHROMIUM_PATH.`);
  return true;
}

/** The page's script as an application would bundle it; `sentry: false` leaves Sentry itself out. */
async function bundle(entry: string): Promise<string> {
  const outDir = join(tempFolder(), 'out');
  await build({
    configFile: false,
    logLevel: 'error',
    resolve: { conditions: ['@seaworthy/source', 'browser', 'module', 'import', 'default'] },
    build: {
      outDir,
      lib: {
        entry: fileURLToPath(new URL(`fixtures/${entry}`, import.meta.url)),
        formats: ['es'],
        fileName: 'page',
      },
    },
  });
  return await readFile(join(outDir, 'page.js'), 'utf8');
}

async function servePage(script: string): Promise<string> {
  const server = createServer((request, response) => {
    const isScript = request.url?.startsWith('/page.js') === true;
    response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html');
    response.end(
      isScript ? script : '<!doctype html><title>shop</title><script type="module" src="/page.js"></script>',
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

describe.skipIf(chromiumIsMissing())('in Chromium', () => {
  test('[row 88] an error that a page throws reaches the ingest with its release, and no secret does', async () => {
    const ingest = await fakeIngest();
    const url = await servePage(await bundle('sentry-page.mjs'));
    const browser = await chromium.launch({
      executablePath: chromiumPath,
      args: ['--no-sandbox', '--disable-gpu'],
    });
    onTestFinished(() => browser.close());
    const page = await browser.newPage();
    await page.goto(`${url}/reset?dsn=${encodeURIComponent(ingest.dsn)}&token=qx7z-a#access_token=qx7z-b`);
    const thrown = await ingest.first('event', ({ exception }) => JSON.stringify(exception).includes('boom'));
    expect(thrown).toMatchObject({
      release: 'shop-frontend@1.2.3',
      environment: 'staging',
      exception: { values: [{ type: 'Error', value: 'boom for [redacted]' }] },
      tags: { token: '[redacted]' },
      user: { id: 'u1', email: '[redacted]' },
      extra: { form: { password: '[redacted]', name: 'Ada' } },
    });
    const [segment] = await Promise.all([ingest.first('span', (span) => span.is_segment === true)]);
    expect(segment).toMatchObject({ attributes: { 'sentry.release': { value: 'shop-frontend@1.2.3' } } });
    await ingest.first('log');
    expect(ingest.texts.join('\n').match(/qx7z[-\d]\w*/g) ?? []).toEqual([]);
  });
});

test('the part of the page that is ours needs nothing of Node, and is at most 12 KB when compressed', async () => {
  const script = await bundle('sentry-page-ours.mjs');
  expect(script).not.toMatch(/node:|process\.|Buffer/);
  expect(gzipSync(script).length).toBeLessThan(12 * 1024);
});

describe('initSentry in a browser', () => {
  const base = { dsn: 'https://public@ingest.example.test/1', environment: 'production', release: 'shop@1' };

  function initWith(options: object): Record<string, unknown> | undefined {
    const inits: Record<string, unknown>[] = [];
    const transport = { send: async () => ({}), flush: async () => true };
    initSentry(
      { init: (given) => void inits.push(given), makeFetchTransport: () => transport },
      { ...base, ...options },
    );
    return inits[0];
  }

  test.each([
    ['production', 0.1],
    ['staging', 1],
  ])('in %s sends %d of the traces', (environment, tracesSampleRate) => {
    expect(initWith({ environment })).toMatchObject({ environment, release: 'shop@1', tracesSampleRate });
  });

  test('sets up nothing without a DSN', () => {
    expect(initWith({ dsn: '' })).toBe(undefined);
  });

  test('refuses options that it does not know, and rates that are none', () => {
    expect(() => initWith({ relase: 'x' })).toThrow('unknown option "relase"');
    expect(() => initWith({ tracesSampleRate: 2 })).toThrow('tracesSampleRate');
  });
});
