import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const read = (path: string): string => readFileSync(fileURLToPath(new URL(path, import.meta.url)), 'utf8');
const readme = read('../README.md');

test('the example of the README is the one that the tests run', () => {
  expect(readme).toContain(`\`\`\`ts\n${read('./readme-example.test.ts').trimEnd()}\n\`\`\``);
});

test('the README names only tests that exist', () => {
  const files = new Map(
    readdirSync(fileURLToPath(new URL('.', import.meta.url)))
      .filter((name) => name.endsWith('.test.ts'))
      .map((name) => [name, read(`./${name}`)]),
  );
  const proofs = readme.split('\n').filter((line) => line.startsWith('  Proved by '));
  expect(proofs.length).toBeGreaterThan(10);
  for (const proof of proofs) {
    const named = [...proof.matchAll(/`([a-z-]+\.test\.ts)`(?:: ([^`]*))?/g)];
    expect(named.length, proof).toBeGreaterThan(0);
    for (const [, file = '', titles = ''] of named) {
      for (const title of titles.split(';').map((one) => one.trim().replace(/[…,;. ]+$/, ''))) {
        expect(files.get(file), `${file}: ${title}`).toContain(title);
      }
    }
  }
});

test('the README lists every name that the index exports for use', () => {
  const values = [...read('../src/index.ts').matchAll(/export (?!type)\{([^}]*)\}/g)]
    .flatMap(([, names = '']) => names.split(','))
    .map((name) => name.trim())
    .filter((name) => name !== '' && !name.startsWith('type '))
    .filter((name) => !['boomMessage', 'contractRoutes', 'findProgram', 'isInstalled'].includes(name));
  expect(values.length).toBeGreaterThan(20);
  for (const name of values) expect(readme).toContain(name);
});
