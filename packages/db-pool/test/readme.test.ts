import { readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { Db } from '../src/index.js';

const sources: Readonly<Record<string, string>> = {
  '@seaworthy/db-pool': '../src/index.js',
  '@seaworthy/db-pool/migrations': '../src/migrations.js',
  '@seaworthy/db-pool/pglite': '../src/drivers/pglite.js',
};

test('the example of the README runs and does what it says', async () => {
  const readme = await readFile(fileURLToPath(new URL('../README.md', import.meta.url)), 'utf8');
  const example = /```ts\n([\s\S]*?)```/.exec(readme)?.[1] ?? '';
  const code = example.replace(/from '([^']+)'/g, (_, name: string) => `from '${sources[name] ?? name}'`);
  const file = fileURLToPath(new URL('readme-example.generated.ts', import.meta.url));
  await writeFile(file, code);
  try {
    const ran: { db: Db; accounts: unknown; outcome: unknown } = await import(/* @vite-ignore */ file);
    expect(ran.accounts).toEqual([
      { owner: 'Ada', cents: 300 },
      { owner: 'Grace', cents: 200 },
    ]);
    expect(ran.outcome).toBe('owner is taken');
    await ran.db.close();
  } finally {
    await rm(file, { force: true });
  }
}, 180_000);

test('every test that the README names exists', async () => {
  const readme = await readFile(fileURLToPath(new URL('../README.md', import.meta.url)), 'utf8');
  const claims = [...readme.matchAll(/`(test\/[^`]+\.ts)`((?:(?!`test\/)[^\n])*)/g)];
  expect(claims.length).toBeGreaterThan(10);
  for (const [, file = '', titles = ''] of claims) {
    const text = await readFile(fileURLToPath(new URL(`../${file}`, import.meta.url)), 'utf8');
    const flat = text.replaceAll("\\'", "'").replaceAll('\\`', '`');
    for (const [, title = ''] of titles.matchAll(/"([^"]{20,})"/g)) {
      // The number of schedules is an expression in the source.
      expect(flat, `${file}: ${title}`).toContain(title.replace(/^in \d+ /, ''));
    }
  }
});
