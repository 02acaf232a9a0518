import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { tempFolder } from './support/temp-folder.js';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));

/** What a file of dist loads at once, by name. */
function staticImports(file: string): readonly string[] {
  const text = readFileSync(join(dist, file), 'utf8');
  return [...text.matchAll(/^(?:import|export)\b[^'"\n]*from ["']([^"']+)["']/gm)].map(
    ([, name = '']) => name,
  );
}

/** Loads three variables with the given file of the package, and says what happened and which other files it took. */
function start(index: string, environment: Readonly<Record<string, string>>) {
  return run(
    `
    import { createRequire } from 'node:module';
    const { defineConfig, env, ConfigError } = await import(${JSON.stringify(pathToFileURL(index).href)});
    const schema = defineConfig({
      fields: {
        PORT: env.port().default(3001),
        DATABASE_URL: env.url({ protocols: ['postgres:'] }).secret(),
        LIMITS: env.list(env.int()).default([1, 2]),
      },
      rules: (rule) => [rule.profile('production').requires('DATABASE_URL')],
    });
    let said;
    try {
      const config = schema.load();
      said = [config.PORT, config.DATABASE_URL.reveal(), config.LIMITS];
    } catch (error) {
      said = [error instanceof ConfigError, error.problems.map(({ name }) => name)];
    }
    const files = Object.keys(createRequire(import.meta.url).cache).map((file) => file.replace(/.*[\\\\/]/, ''));
    console.log(JSON.stringify({ said, files }));`,
    environment,
  );
}

/** Runs a program in a folder without files, where no text may become code. */
function run(program: string, environment: Readonly<Record<string, string>>) {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--disallow-code-generation-from-strings', '--input-type=module', '--eval', program],
    { cwd: tempFolder(), env: environment, encoding: 'utf8' },
  );
  if (stderr !== '') throw new Error(stderr);
  return JSON.parse(stdout);
}

test('what Node loads is one file that loads no other, with nothing of files, documents, Vault, AWS or watching in it', () => {
  expect(staticImports('index.js')).toEqual([]);
  const text = readFileSync(join(dist, 'index.js'), 'utf8');
  for (const word of [
    'parseEnv',
    'draft/2020-12',
    'x-vault-token',
    'getSecretValue',
    'remotePoll',
    'OptionsError',
  ]) {
    expect(text).not.toContain(word);
  }
  expect(readFileSync(join(dist, 'rest.cjs'), 'utf8')).toContain('import("./watch/watch-config.js")');
});

test('a start in which nothing is wrong reads no second file, and one with a problem does', () => {
  const index = join(dist, 'index.js');
  const url = 'postgres://app:Zt8vQ2mLr5@db.internal/app';
  expect(start(index, { DATABASE_URL: url })).toEqual({ said: [3001, url, [1, 2]], files: [] });
  expect(start(index, { DATABASE_URL: url, PORT: '0' })).toEqual({
    said: [true, ['PORT']],
    files: ['rest.cjs'],
  });
  expect(start(index, {})).toEqual({ said: [true, ['DATABASE_URL']], files: ['rest.cjs'] });
});

test('what bundlers load is one file that holds everything', () => {
  expect(staticImports('whole.js')).toEqual([]);
  const index = join(tempFolder(), 'app.mjs');
  cpSync(join(dist, 'whole.js'), index);
  expect(start(index, { PORT: '0' })).toEqual({ said: [true, ['PORT', 'DATABASE_URL']], files: [] });
  const watching = `
    const { defineConfig, env } = await import(${JSON.stringify(pathToFileURL(index).href)});
    const live = await defineConfig({ fields: { PORT: env.port() } }).watch();
    console.log(JSON.stringify(live.current));
    await live.close();`;
  expect(run(watching, { PORT: '3001' })).toEqual({ PORT: 3001 });
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
