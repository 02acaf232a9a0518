import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));

/** What a file of dist loads at once, by name. */
function staticImports(file: string): readonly string[] {
  const text = readFileSync(join(dist, file), 'utf8');
  return [...text.matchAll(/^(?:import|export)\b[^'"\n]*from ["']([^"']+)["']/gm)].map(
    ([, name = '']) => name,
  );
}

test('the index is one file that loads no other, and has nothing of Vault, AWS or watching in it', () => {
  expect(staticImports('index.js')).toEqual([]);
  const text = readFileSync(join(dist, 'index.js'), 'utf8');
  for (const word of ['x-vault-token', 'getSecretValue', 'remotePoll']) expect(text).not.toContain(word);
  expect(text).toContain('import("./watch/watch-config.js")');
});

test.each(['watch/watch-config.js', 'vault/vault.js', 'aws/aws-secrets.js'])(
  '%s loads no other file',
  (file) => {
    expect(staticImports(file).filter((name) => !name.startsWith('node:'))).toEqual([]);
    const known = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.js'),
    );
    expect(known).toContain(file);
  },
);
