import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { defineConfig, env, sources } from '../../src/index.js';
import { configErrorOf } from '../support/load-field.js';
import { tempFolder } from '../support/temp-folder.js';
import { createVolume } from '../support/volume.js';

const good = 'k7Qp2xVb9LmZ4tRw8NcYd3Hs6JfGa1Ue';

const schema = defineConfig({
  fields: { JWT_SECRET: env.string().secret(), NAME: env.string().optional() },
});

function folderWith(files: Readonly<Record<string, string | Uint8Array>>, mode = 0o400): string {
  const folder = join(tempFolder(), 'secrets');
  mkdirSync(folder);
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content, { mode });
  return folder;
}

function load(folder: string, variables: Record<string, string> = {}) {
  const list = [sources.env(), sources.directory(folder)];
  return schema.load({ env: { APP_ENV: 'production', ...variables }, sources: list });
}

describe('a secrets directory', () => {
  test.each(['JWT_SECRET', 'jwt_secret', 'jwt-secret'])('gives JWT_SECRET from the file %s', (name) => {
    expect(load(folderWith({ [name]: `${good}\n` })).JWT_SECRET.reveal()).toBe(good);
  });

  test('wins over what stands before it, and explain names its file and what it shadows', () => {
    const folder = folderWith({ jwt_secret: good, name: 'orders' });
    const config = load(folder, { NAME: 'x' });
    expect(schema.explain(config)).toBe(`profile production, from APP_ENV
JWT_SECRET  secret  ${folder}/jwt_secret
NAME                ${folder}/name (shadows the process environment)
`);
    expect(schema.origins(config)[0]?.origin).toEqual({
      source: 'directory',
      at: `${folder}/jwt_secret`,
      file: `${folder}/jwt_secret`,
    });
  });

  test('ignores hidden files, folders with other names, and names that are not declared', () => {
    const folder = folderWith({ JWT_SECRET: good, '.NAME': 'hidden', OTHER: 'x' });
    mkdirSync(join(folder, 'lost+found'));
    expect(load(folder).NAME).toBeUndefined();
  });

  test('reads a volume of Kubernetes', () => {
    const volume = createVolume(join(tempFolder(), 'volume'));
    volume.swap({ 'jwt-secret': good });
    expect(load(volume.path).JWT_SECRET.reveal()).toBe(good);
  });

  test('is seen from the working folder', () => {
    const folder = folderWith({ JWT_SECRET: good });
    const config = schema.load({ env: {}, cwd: join(folder, '..'), sources: [sources.directory('secrets')] });
    expect(config.JWT_SECRET.reveal()).toBe(good);
  });

  test('with two files of one variable is a conflict', () => {
    const folder = folderWith({ JWT_SECRET: good, 'jwt-secret': good });
    expect(configErrorOf(() => load(folder)).problems).toMatchObject([
      { code: 'conflict', name: 'JWT_SECRET', message: 'stands in two files, JWT_SECRET and jwt-secret' },
    ]);
  });

  test('that is absent is one problem, unless it is optional', () => {
    const absent = join(tempFolder(), 'absent');
    expect(configErrorOf(() => load(absent)).problems).toMatchObject([
      { code: 'unreadable', name: absent, message: expect.stringContaining('does not exist') },
    ]);
    const optional = [sources.env(), sources.directory(absent, { optional: true })];
    expect(schema.load({ env: { JWT_SECRET: good }, sources: optional }).JWT_SECRET.reveal()).toBe(good);
  });
});

describe('a file in it', () => {
  test.each(['staging', 'production'])(
    'that others may read is refused in %s, for a secret alone',
    (profile) => {
      const folder = folderWith({ JWT_SECRET: good, NAME: 'x' }, 0o444);
      expect(configErrorOf(() => load(folder, { APP_ENV: profile })).problems).toMatchObject([
        { code: 'insecure', name: 'JWT_SECRET', origin: { source: 'directory' } },
      ]);
      expect(load(folder, { APP_ENV: 'development' }).NAME).toBe('x');
    },
  );

  test.each<[string, (path: string) => void, string]>([
    ['a folder', (path) => mkdirSync(path), 'is not a regular file'],
    ['a named pipe', (path) => execFileSync('mkfifo', [path]), 'is not a regular file'],
    ['a link to itself', (path) => symlinkSync(path, path), 'cannot be read'],
    ['a link to nothing', (path) => symlinkSync('nothing', path), 'does not exist'],
    [
      'too large',
      (path) => writeFileSync(path, 'x'.repeat(65_537), { mode: 0o400 }),
      'is larger than allowed',
    ],
    [
      'no UTF-8',
      (path) => writeFileSync(path, new Uint8Array([0xc3, 0x28]), { mode: 0o400 }),
      'is not valid UTF-8',
    ],
  ])('that is %s is one problem, and nothing waits', (_, make, message) => {
    const folder = folderWith({});
    make(join(folder, 'JWT_SECRET'));
    expect(configErrorOf(() => load(folder)).problems).toMatchObject([
      { code: 'unreadable', name: 'JWT_SECRET', message: expect.stringContaining(message) },
    ]);
  });

  test('that is empty counts as not set', () => {
    expect(configErrorOf(() => load(folderWith({ JWT_SECRET: '' }))).problems).toMatchObject([
      { code: 'missing', name: 'JWT_SECRET' },
    ]);
  });
});

describe('systemd credentials', () => {
  const list = [sources.env(), sources.systemdCredentials()];

  test('come from the folder that CREDENTIALS_DIRECTORY names, whose path is not shown', () => {
    const folder = folderWith({ jwt_secret: good });
    chmodSync(folder, 0o500);
    const config = schema.load({
      env: { CREDENTIALS_DIRECTORY: folder, APP_ENV: 'production' },
      sources: list,
    });
    expect(config.JWT_SECRET.reveal()).toBe(good);
    expect(schema.explain(config)).toContain('secret  $CREDENTIALS_DIRECTORY/jwt_secret\n');
  });

  test('are none outside of systemd', () => {
    expect(schema.load({ env: { JWT_SECRET: good }, sources: list }).JWT_SECRET.reveal()).toBe(good);
  });

  test.each(['/nonexistent/qzvkx', 'qzvkx\0'])(
    'that cannot be listed are one problem without the path (%j)',
    (path) => {
      const error = configErrorOf(() => schema.load({ env: { CREDENTIALS_DIRECTORY: path }, sources: list }));
      expect(error.problems).toMatchObject([{ code: 'unreadable', name: '$CREDENTIALS_DIRECTORY' }]);
      expect(JSON.stringify(error)).not.toContain('qzvkx');
    },
  );
});

test('an unknown option of a directory is refused', () => {
  // @ts-expect-error the option is called optional
  expect(() => sources.directory('/run/secrets', { optonal: true })).toThrow('Did you mean "optional"?');
});
