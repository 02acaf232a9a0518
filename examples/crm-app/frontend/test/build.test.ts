import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuiltApp, buildApp, bundleSize } from '@seaworthy-example/ui/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');
let built: BuiltApp;

beforeAll(async () => {
  built = await buildApp(root);
});

afterAll(() => built?.[Symbol.asyncDispose]());

it('[row 110] weighs at most 130 KB before login and 300 KB in all, compressed', async () => {
  const { initialBytes, totalBytes } = await bundleSize(built.folder);
  expect(initialBytes).toBeGreaterThan(50_000); // a check that sees nothing passes everything
  expect(initialBytes).toBeLessThanOrEqual(130_000);
  expect(totalBytes).toBeGreaterThan(initialBytes);
  expect(totalBytes).toBeLessThanOrEqual(300_000);
});

it('ships no source map and draws charts from one chunk', async () => {
  const files = await readdir(built.folder, { recursive: true });
  expect(files.filter((file) => file.endsWith('.map'))).toEqual([]);
  const scripts = files.filter((file) => file.endsWith('.js'));
  const texts = await Promise.all(scripts.map((file) => readFile(join(built.folder, file), 'utf8')));
  expect(texts.filter((text) => text.includes('recharts-surface'))).toHaveLength(1);
});

it('refuses a secret under a VITE_ name', async () => {
  const refusal = await buildApp(root, { VITE_SESSION_SECRET: 'canary' }).catch((error: unknown) => error);
  expect(String(refusal)).toMatch(/VITE_SESSION_SECRET/);
  expect(String(refusal)).not.toContain('canary');
});
