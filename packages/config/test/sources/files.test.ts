import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Secret } from '@seaworthy/contracts';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { defineConfig, env, sources } from '../../src/index.js';
import { configErrorOf } from '../support/load-field.js';
import { tempFolder } from '../support/temp-folder.js';

const good = 'k7Qp2xVb9LmZ4tRw8NcYd3Hs6JfGa1Ue';

const schema = defineConfig({ fields: { KEY: env.string().secret(), NAME: env.string().optional() } });

function write(
  content: string | Uint8Array,
  mode = 0o600,
): { readonly folder: string; readonly path: string } {
  const folder = tempFolder();
  const path = join(folder, 'key');
  writeFileSync(path, content);
  chmodSync(path, mode);
  return { folder, path };
}

function load(variables: Record<string, string>, cwd = '/nonexistent') {
  return schema.load({ env: { APP_ENV: 'production', ...variables }, cwd });
}

function problemsOf(variables: Record<string, string>, cwd?: string) {
  return configErrorOf(() => load(variables, cwd)).problems;
}

describe('X_FILE', () => {
  test.each([
    ['as it is', good],
    ['without the line break at its end', `${good}\n`],
    ['without the Windows line break at its end', `${good}\r\n`],
    ['without a byte order mark', `\ufeff${good}`],
  ])('gives the content of the file %s', (_, content) => {
    const { path } = write(content);
    expect(load({ KEY_FILE: path }).KEY.reveal()).toBe(good);
  });

  test('drops one line break, not several', () => {
    const { path } = write(`${good}\n\n`);
    expect(problemsOf({ KEY_FILE: path })).toMatchObject([{ message: 'holds a line break' }]);
  });

  test('is seen from the working folder', () => {
    const { folder } = write(good);
    expect(load({ KEY_FILE: 'key' }, folder).KEY.reveal()).toBe(good);
  });

  test('may stand in a dotenv file', () => {
    const { folder } = write(good);
    writeFileSync(join(folder, '.env'), 'KEY_FILE=key\n');
    expect(load({}, folder).KEY.reveal()).toBe(good);
  });

  test('works wherever files() stands among the sources', () => {
    const { path } = write(good);
    for (const list of [[sources.files(), sources.env()], [sources.files()]]) {
      const config = schema.load({ env: { KEY_FILE: path }, cwd: '/nonexistent', sources: list });
      expect(Secret.is(config.KEY)).toBe(true);
    }
  });

  test('together with X is a conflict, an empty X is not', () => {
    const { path } = write(good);
    expect(problemsOf({ KEY: good, KEY_FILE: path })).toMatchObject([
      { code: 'conflict', name: 'KEY', message: 'is set as well as KEY_FILE' },
    ]);
    expect(load({ KEY: '', KEY_FILE: path }).KEY.reveal()).toBe(good);
    expect(load({ KEY: good, KEY_FILE: '' }).KEY.reveal()).toBe(good);
  });

  test('that no source reads is one problem, although X is optional or has a default, in fields and in whole schemas', () => {
    const fields = { KEY: env.string().default('x'), NAME: env.string().optional(), PORT: env.port() };
    const whole = z.object({ KEY: z.string().default('x'), NAME: z.string().optional(), PORT: z.number() });
    const variables = { KEY_FILE: 'CANARY', NAME_FILE: 'CANARY', PORT_FILE: 'CANARY' };
    for (const given of [defineConfig({ fields }), defineConfig(whole)]) {
      const error = configErrorOf(() => given.load({ env: variables, sources: [sources.env()] }));
      expect(error.problems.map(({ name, code, message }) => [name, code, message])).toEqual(
        ['KEY', 'NAME', 'PORT'].map((name) => [
          name,
          'conflict',
          `is not set, and nothing reads ${name}_FILE here`,
        ]),
      );
      expect(error.message).toContain('sources.files()');
      expect(error.message).not.toContain('CANARY');
      const both = { ...variables, KEY: 'a', NAME: 'b', PORT: '1' };
      expect(given.load({ env: both, sources: [sources.env()] })).toMatchObject({ KEY: 'a', PORT: 1 });
    }
  });

  test('as the name of a field is refused, because it already has a meaning', () => {
    const define = () => defineConfig({ fields: { TLS: env.string(), TLS_FILE: env.string() } });
    expect(define).toThrow('TLS_FILE already names the file of TLS');
  });
});

describe('a file that cannot be used', () => {
  const folder = (path: string): string => {
    mkdirSync(path);
    return path;
  };
  const pipe = (path: string): string => {
    execFileSync('mkfifo', [path]);
    return path;
  };
  const loop = (path: string): string => {
    symlinkSync(path, path);
    return path;
  };
  const file = (content: string | Uint8Array) => (path: string) => {
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };

  test.each([
    ['is missing', (path: string) => path, 'does not exist'],
    ['is a folder', folder, 'is not a regular file'],
    ['is a named pipe that nobody writes to', pipe, 'is not a regular file'],
    ['is a link to itself', loop, 'cannot be read'],
    ['is empty', file(''), 'is empty'],
    ['holds a line break and nothing else', file('\n'), 'is empty'],
    ['holds a byte order mark and a line break', file('\ufeff\r\n'), 'is empty'],
    ['is too large', file('x'.repeat(64 * 1024 + 1)), 'is larger than allowed'],
    ['never ends', () => '/dev/zero', 'is not a regular file'],
    ['holds bytes that are no UTF-8', file(new Uint8Array([0xc3, 0x28])), 'is not valid UTF-8'],
    ['has a NUL in its path', (path: string) => `${path}\0`, 'does not exist'],
  ])('%s: one problem, and nothing waits', (_, make, what) => {
    const path = make(join(tempFolder(), 'CANARY'));
    const error = configErrorOf(() => load({ KEY_FILE: path }));
    expect(error.problems).toMatchObject([
      {
        code: 'unreadable',
        name: 'KEY',
        message: `cannot be read: the file that KEY_FILE names ${what}`,
        origin: { source: 'file', at: 'the file that KEY_FILE names' },
      },
    ]);
    expect(error.message).not.toContain('CANARY');
  });
});

test('[row 10] a secret file with mode 0644 is refused in production, one with 0600 is read through KEY_FILE', () => {
  const open = write(good, 0o644);
  expect(problemsOf({ KEY_FILE: open.path })).toMatchObject([
    { code: 'insecure', name: 'KEY', expected: 'a file with mode 0600, 0400 or 0440 in production' },
  ]);
  const closed = write(good, 0o600);
  expect(load({ KEY_FILE: closed.path }).KEY.reveal()).toBe(good);
});

test('the permissions of a secret file count in staging too, not in development, and not for what is no secret', () => {
  const { path } = write(good, 0o604);
  expect(problemsOf({ APP_ENV: 'staging', KEY_FILE: path })).toMatchObject([{ code: 'insecure' }]);
  expect(load({ APP_ENV: 'development', KEY_FILE: path }).KEY.reveal()).toBe(good);
  expect(load({ KEY: good, NAME_FILE: path }).NAME).toBe(good);
});
