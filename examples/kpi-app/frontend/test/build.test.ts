import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuiltApp, buildApp, bundleSize } from '@seaworthy-example/ui/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
const canary = 'canary-5f1e7b';
/** Every variable of the servers of this application, and some that deployments keep beside them. NODE_ENV makes the build. */
const serverVariables = [
  ...(await variablesOf('backend')),
  ...(await variablesOf('gateway')),
  'SENTRY_DSN',
  'SMTP_PASSWORD',
  'BACKUP_RECIPIENT',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'OAUTH_CLIENT_SECRET',
  'NPM_TOKEN',
].filter((name) => name !== 'NODE_ENV');

/** The names in a server's `.env.example`, which is generated from its schema. */
async function variablesOf(server: string): Promise<readonly string[]> {
  const example = await readFile(join(root, '..', server, '.env.example'), 'utf8');
  return [...example.matchAll(/^#?\s?([A-Z][A-Z0-9_]+)=/gm)].map(([, name = '']) => name);
}

let built: BuiltApp;
let files: readonly string[];

beforeAll(async () => {
  built = await buildApp(root, Object.fromEntries(serverVariables.map((name) => [name, canary])));
  files = await readdir(built.folder, { recursive: true });
});

afterAll(() => built?.[Symbol.asyncDispose]());

const read = (file: string) => readFile(join(built.folder, file), 'utf8');
const chunk = (name: string) =>
  read(files.find((file) => file.startsWith(`assets/${name}-`) && file.endsWith('.js')) ?? '');

it('[row 110] weighs at most 130 KB before login and 300 KB in all, compressed', async () => {
  const { initialBytes, totalBytes } = await bundleSize(built.folder);
  expect(initialBytes).toBeGreaterThan(50_000); // a check that sees nothing passes everything
  expect(initialBytes).toBeLessThanOrEqual(130_000);
  expect(totalBytes).toBeGreaterThan(initialBytes);
  expect(totalBytes).toBeLessThanOrEqual(300_000);
});

it('[row 109] ships no source map, minified styles, one chunk each for react, charts and ui, and no dead code', async () => {
  expect(files.filter((file) => file.endsWith('.map'))).toEqual([]);
  for (const file of files.filter((name) => name.endsWith('.css'))) {
    const css = await read(file);
    expect(css).not.toMatch(/\/\*|\n\s/);
    expect(css.length).toBeGreaterThan(1_000);
  }
  expect(await chunk('react')).toContain('react.transitional.element');
  expect(await chunk('charts')).toContain('recharts');
  expect(await chunk('ui')).toContain('Skip to content');
  const scripts = await Promise.all(files.filter((name) => name.endsWith('.js')).map(read));
  expect(scripts.filter((script) => script.includes('recharts-surface'))).toHaveLength(1);
  expect(scripts.filter((script) => script.includes('react.transitional.element'))).toHaveLength(1);
  // Exported by the shared package and used by the other application only.
  expect(scripts.filter((script) => script.includes('is shown this once'))).toEqual([]);
});

it('[row 5] keeps every server-side variable out of the bundle and refuses a secret under a VITE_ name', async () => {
  for (const known of ['DATABASE_URL', 'JWT_SECRET', 'REDIS_URL', 'GATEWAY_PORT', 'BACKEND_URL']) {
    expect(serverVariables).toContain(known);
  }
  for (const file of files.filter((name) => /\.(?:js|css|html|svg)$/.test(name))) {
    expect(await read(file), file).not.toContain(canary);
  }
  const smuggled = await buildApp(root, { VITE_DATABASE_URL: canary }).catch((error: unknown) => error);
  expect(String(smuggled)).toMatch(/VITE_DATABASE_URL/);
  expect(String(smuggled)).not.toContain(canary);
});

it('carries a declared variable into the bundle, which shows that the canary would have been found', async () => {
  await using other = await buildApp(root, { VITE_APP_VERSION: canary });
  const names = (await readdir(other.folder, { recursive: true })).filter((name) => name.endsWith('.js'));
  const scripts = await Promise.all(names.map((name) => readFile(join(other.folder, name), 'utf8')));
  expect(scripts.some((script) => script.includes(canary))).toBe(true);
});
