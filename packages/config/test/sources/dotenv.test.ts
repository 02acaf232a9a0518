import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { defineConfig, env, sources } from '../../src/index.js';
import { dotenvLines } from '../../src/sources/dotenv-lines.js';
import { configErrorOf } from '../support/load-field.js';
import { tempFolder } from '../support/temp-folder.js';

const schema = defineConfig({
  fields: { A: env.string().optional(), B: env.string().optional(), C: env.string().optional() },
});

function folderWith(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = tempFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

function load(files: Readonly<Record<string, string | Uint8Array>>, variables: Record<string, string> = {}) {
  return schema.load({ env: { APP_ENV: 'development', ...variables }, cwd: folderWith(files) });
}

function problemsOf(files: Readonly<Record<string, string | Uint8Array>>) {
  return configErrorOf(() => load(files)).problems;
}

describe('precedence', () => {
  const all = ['.env', '.env.local', '.env.staging', '.env.staging.local'];

  test('later files win, the process environment wins over all of them', () => {
    for (let count = 1; count <= all.length; count += 1) {
      const files = Object.fromEntries(all.slice(0, count).map((file) => [file, `A=${file}\n`]));
      expect(load(files, { APP_ENV: 'staging' }).A).toBe(all[count - 1]);
      expect(load(files, { APP_ENV: 'staging', A: 'environment' }).A).toBe('environment');
    }
  });

  test('files of other profiles are not read', () => {
    expect(load({ '.env.production': 'A=x', '.env.test': 'A=y' }).A).toBeUndefined();
  });

  test('an empty text wins too, and counts as not set', () => {
    expect(load({ '.env': 'A=x' }, { A: '' }).A).toBeUndefined();
  });

  test('.env.local is left out in the profile test, .env.test.local is not', () => {
    const files = {
      '.env': 'A=env\nB=env',
      '.env.local': 'A=local\nB=local',
      '.env.test.local': 'B=test-local',
    };
    expect(load(files, { APP_ENV: 'test' })).toMatchObject({ A: 'env', B: 'test-local' });
  });

  test('the files may stand in another folder', () => {
    const cwd = tempFolder();
    mkdirSync(join(cwd, 'settings'));
    writeFileSync(join(cwd, 'settings/.env'), 'A=x');
    const config = schema.load({ env: {}, cwd, sources: [sources.dotenv({ folder: 'settings' })] });
    expect(config.A).toBe('x');
  });
});

describe('the format', () => {
  test('is that of util.parseEnv, after a byte order mark', () => {
    const text = '\ufeffA=plain # comment\r\nexport B="two\nlines"\r\n# C=no\nC=\'a # b $X\'\n';
    const several = defineConfig({
      fields: { A: env.string(), B: env.string({ multiline: true }), C: env.string() },
    });
    expect(several.load({ env: {}, cwd: folderWith({ '.env': text }) })).toEqual({
      A: 'plain',
      B: 'two\nlines',
      C: 'a # b $X',
    });
  });

  test.each([
    ['A=abc#def', 'has an unquoted # that would cut it off'],
    ['A=#def', 'has an unquoted # that would cut it off'],
    ["A='abc", 'has a quote that is not closed'],
    ['A="a\\"b"', 'has text after its closing quote'],
    ["A='it\\'s'", 'has text after its closing quote'],
  ])('%j, which the parser would silently cut, is a problem with its line', (line, message) => {
    expect(problemsOf({ '.env': `\n${line}\nB=x\n` })).toMatchObject([
      { name: 'A', code: 'invalid', message, origin: { at: '.env:2', line: 2 } },
    ]);
  });

  test('a variable that an open quote swallowed is a problem, not missing', () => {
    expect(problemsOf({ '.env': 'OTHER="a\nA=x\nLAST="b"\n' })).toMatchObject([
      { name: 'A', message: 'is swallowed by a quote that opened above it', origin: { line: 2 } },
    ]);
  });

  test.each([
    ['B="two\nlines" behind\n', 'B', 1, 'has text after its closing quote'],
    ["B='two\r\nlines'C=x\r\n", 'B', 1, 'has text after its closing quote'],
    ['A: x\n', 'A', 1, 'stands on a line that is no assignment'],
    ['A x\n', 'A', 1, 'stands on a line that is no assignment'],
    ['C=c\n  - A: x', 'A', 2, 'stands on a line that is no assignment'],
    ['{ "A": "x" }', 'A', 1, 'stands on a line that is no assignment'],
    ['export A\n', 'A', 1, 'stands on a line that is no assignment'],
    ['set A=x\n', 'A', 1, 'stands on a line that is no assignment'],
    ['C=c\rA=x\n', 'C', 1, 'stands on a line that is no assignment'],
  ])('%j, of which the parser would lose %s silently, is a problem', (text, name, line, message) => {
    const several = defineConfig({
      fields: {
        A: env.string().default('a'),
        B: env.string({ multiline: true }).optional(),
        C: env.string().optional(),
      },
    });
    const { problems } = configErrorOf(() => several.load({ env: {}, cwd: folderWith({ '.env': text }) }));
    expect(problems).toMatchObject([{ name, code: 'invalid', message, origin: { line } }]);
  });

  test('a variable that a line above it swallowed, as Node 20 reads it, is told from one in a quote', () => {
    const found = dotenvLines('OTHER: x\nB=y\n', { 'OTHER: x\nB': 'y' });
    expect(found.get('B')).toEqual({
      line: 2,
      fault: 'is swallowed by a line above it that is no assignment',
    });
  });

  test.each(['__proto__="x', "constructor='x", 'B="x\ntoString=\'y\n"'])(
    'the name of what every object has, in %j, is a name like any other',
    (text) => {
      const several = defineConfig({ fields: { B: env.string({ multiline: true }).default('b') } });
      const { B } = several.load({ env: {}, cwd: folderWith({ '.env': text }) });
      expect(B.startsWith(text.startsWith('B') ? 'x' : 'b')).toBe(true);
    },
  );

  test('prose in comments and in quoted texts of several lines is no assignment that went wrong', () => {
    const text =
      '# A is not set here\n#A: x\nB="one # \n A: x\nexport A\n" # A\nC=\'A: x\'\n\nunknown: C\n; A semicolon\n';
    const several = defineConfig({
      fields: {
        A: env.string().default('a'),
        B: env.schema(z.string()),
        C: env.string().optional(),
      },
    });
    expect(several.load({ env: {}, cwd: folderWith({ '.env': text }) })).toMatchObject({ A: 'a', C: 'A: x' });
  });

  test('a line that would be cut off is no problem when something wins over it', () => {
    expect(load({ '.env': 'A=abc#def' }, { A: 'x' }).A).toBe('x');
  });

  test('the line is the real one when a quoted value holds one that looks like it', () => {
    const text = 'A=x y\nB="\nA=z\n"\n';
    const strict = defineConfig({ fields: { A: env.int(), B: env.json().optional() } });
    const { problems } = configErrorOf(() => strict.load({ env: {}, cwd: folderWith({ '.env': text }) }));
    expect(problems.find(({ name }) => name === 'A')).toMatchObject({ origin: { at: '.env:1' } });
  });
});

describe('a file that cannot be read', () => {
  test.each([
    ['invalid UTF-8', new Uint8Array([0x41, 0x3d, 0xff, 0xfe]), 'is not valid UTF-8'],
    ['more than 1 MiB', `A=${'x'.repeat(1024 ** 2)}`, 'is larger than allowed'],
  ])('is a problem of its own: %s', (_, content, message) => {
    expect(problemsOf({ '.env.local': content })).toMatchObject([
      { code: 'unreadable', name: '.env.local', message: expect.stringContaining(message) },
    ]);
  });

  test('is a problem of its own: a folder', () => {
    const cwd = tempFolder();
    mkdirSync(join(cwd, '.env'));
    expect(configErrorOf(() => schema.load({ env: {}, cwd })).problems).toMatchObject([
      { code: 'unreadable', name: '.env', message: expect.stringContaining('is not a regular file') },
    ]);
  });

  test('is one fault: what may stand in it is not reported as missing, what is wrong elsewhere is', () => {
    const strict = defineConfig({
      fields: { A: env.string(), B: env.string(), C: env.int() },
      rules: (rule) => [rule.profile('production').requires('A')],
    });
    const cwd = folderWith({ '.env': new Uint8Array([0xff]) });
    const { problems } = configErrorOf(() => strict.load({ env: { C: 'x' }, cwd }));
    expect(problems.map(({ name }) => name)).toEqual(['.env', 'C']);
  });

  test('an empty one is no fault', () => {
    expect(load({ '.env': '' })).toEqual({ A: undefined, B: undefined, C: undefined });
  });
});

describe('the profile', () => {
  test('in a dotenv file that disagrees with the process is a problem, because it was not followed', () => {
    const cwd = folderWith({ '.env': 'APP_ENV=development\n' });
    expect(configErrorOf(() => schema.load({ env: { NODE_ENV: 'production' }, cwd })).problems).toMatchObject(
      [{ code: 'conflict', name: 'APP_ENV', origin: { at: '.env:1' } }],
    );
  });

  test('in a dotenv file that agrees, or that the process overrides, is no problem', () => {
    const cwd = folderWith({ '.env': 'APP_ENV=production\n' });
    expect(() => schema.load({ env: { NODE_ENV: 'production' }, cwd })).not.toThrow();
    expect(() => schema.load({ env: { APP_ENV: 'staging' }, cwd })).not.toThrow();
  });
});
