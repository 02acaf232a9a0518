import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { defineConfig, env, type UnknownOptions } from '../src/index.js';
import { configErrorOf } from './support/load-field.js';
import { tempFolder } from './support/temp-folder.js';

const prefixes = ['REDIS_', 'SMTP_', 'JWT_'] as const;

function schemaWith(unknown: UnknownOptions) {
  return defineConfig({
    fields: {
      REDIS_URL: env.url({ protocols: ['redis:'] }).optional(),
      SMTP_SECURE: env.bool().default(false),
      JWT_SECRET: env.string().optional(),
      JWT_EXPIRES_IN: env.duration(),
    },
    unknown,
  });
}

const base = { APP_ENV: 'development', JWT_EXPIRES_IN: '7d', PATH: '/bin', REDISMS: 'x' };
const refused = (env: Record<string, string>, options: Partial<UnknownOptions> = {}) =>
  configErrorOf(() =>
    schemaWith({ prefixes, ...options }).load({ env: { ...base, ...env }, cwd: '/nonexistent' }),
  ).problems;
const accepted = (env: Record<string, string>, options: Partial<UnknownOptions> = {}) =>
  schemaWith({ prefixes, ...options }).load({ env: { ...base, ...env }, cwd: '/nonexistent' });

describe('a variable that begins like the declared ones and is none of them', () => {
  test('is refused with the name that was meant', () => {
    expect(refused({ JWT_SECERT: 'CANARY' })).toEqual([
      {
        code: 'unknown',
        name: 'JWT_SECERT',
        message: 'is not declared: did you mean JWT_SECRET?',
        expected: 'a declared variable, as for every name that begins with REDIS_ or SMTP_ or JWT_',
        fix: 'Rename it to JWT_SECRET; it is set in the process environment.',
        origin: { source: 'environment', at: 'the process environment' },
      },
    ]);
    expect(refused({ SMTP_SECRUE: 'true' })).toMatchObject([{ name: 'SMTP_SECRUE' }]);
    expect(refused({ REDIS_SOMETHING_ELSE: 'x' })).toMatchObject([{ message: 'is not declared' }]);
  });

  test('is found in a dotenv file, with its line, and as X_FILE', () => {
    const cwd = tempFolder();
    writeFileSync(join(cwd, '.env'), 'OTHER=1\nSMTP_SECRUE=true\n');
    const schema = schemaWith({ prefixes });
    expect(configErrorOf(() => schema.load({ env: base, cwd })).problems).toMatchObject([
      { name: 'SMTP_SECRUE', origin: { at: '.env:2' } },
    ]);
    expect(refused({ JWT_SECERT_FILE: '/run/secrets/x' })).toMatchObject([
      { fix: 'Rename it to JWT_SECRET_FILE; it is set in the process environment.' },
    ]);
  });

  test('is one problem when it is the typo of a variable that is missing', () => {
    expect(refused({ JWT_EXPIRES_IN: '', JWT_EXPRES_IN: '7d' })).toMatchObject([
      { code: 'missing', message: 'is not set, but JWT_EXPRES_IN is' },
    ]);
  });

  test('is named, as X_FILE too, by the variable that is missing, and so is each further one by itself', () => {
    const missing = { JWT_EXPIRES_IN: '' };
    expect(refused({ ...missing, JWT_EXPRES_IN_FILE: '/run/x' })).toMatchObject([
      { code: 'missing', message: 'is not set, but JWT_EXPRES_IN_FILE is' },
    ]);
    expect(refused({ ...missing, JWT_EXPRES_IN: '7d', JWT_EXPIRESIN: '7d' })).toMatchObject([
      { code: 'missing', message: 'is not set, but JWT_EXPRES_IN is' },
      { code: 'unknown', name: 'JWT_EXPIRESIN' },
    ]);
  });

  test('is told when what is missing is not, because a source could not be read', () => {
    const cwd = tempFolder();
    mkdirSync(join(cwd, '.env'));
    const env = { ...base, JWT_EXPIRES_IN: '', JWT_EXPRES_IN: '7d' };
    const { problems } = configErrorOf(() => schemaWith({ prefixes }).load({ env, cwd }));
    expect(problems.map(({ code, name }) => `${code} ${name}`)).toEqual([
      expect.stringContaining('unreadable'),
      'unknown JWT_EXPRES_IN',
    ]);
  });

  test('is refused as X_PORT when it is a number: Kubernetes injects a URL', () => {
    expect(refused({ REDIS_PORT: '6379' })).toMatchObject([{ code: 'unknown', name: 'REDIS_PORT' }]);
    expect(() => accepted({ REDIS_PORT: 'udp://10.0.0.1:6379' })).not.toThrow();
  });

  test('is left alone when its prefix is none of the given, when it is empty, excepted, or X_FILE of a declared one', () => {
    for (const env of [{ SMTPX: '1' }, { JWT_SECERT: '' }, { JWT_SECRET_FILE: '' }, { PORT_REDIS_: 'x' }]) {
      expect(() => accepted(env)).not.toThrow();
    }
    expect(() => accepted({ REDIS_TLS: '1' }, { except: ['REDIS_TLS'] })).not.toThrow();
  });

  test.each([
    'REDIS_SERVICE_HOST',
    'REDIS_SERVICE_PORT',
    'REDIS_SERVICE_PORT_CLIENT',
    'REDIS_PORT',
    'REDIS_PORT_6379_TCP',
    'REDIS_PORT_6379_TCP_PROTO',
    'REDIS_PORT_6379_TCP_PORT',
    'REDIS_PORT_6379_TCP_ADDR',
  ])('is left alone when Kubernetes injects it for a service: %s', (name) => {
    expect(() => accepted({ [name]: 'tcp://10.0.0.1:6379' })).not.toThrow();
  });

  test('only warns when asked to, and shows no value', () => {
    const schema = schemaWith({ prefixes, action: 'warn' });
    const config = schema.load({ env: { ...base, JWT_SECERT: 'CANARY' }, cwd: '/nonexistent' });
    expect(schema.warnings(config)).toMatchObject([{ code: 'unknown', name: 'JWT_SECERT' }]);
    expect(JSON.stringify(schema.warnings(config))).not.toContain('CANARY');
    expect(schema.warnings(schema.load({ env: base, cwd: '/nonexistent' }))).toEqual([]);
  });

  test('is refused beside a whole zod object too', () => {
    const whole = defineConfig(z.object({ SMTP_SECURE: z.boolean().optional() }), { unknown: { prefixes } });
    const load = () => whole.load({ env: { SMTP_SECRUE: 'true' }, cwd: '/nonexistent' });
    expect(configErrorOf(load).problems).toMatchObject([{ code: 'unknown', name: 'SMTP_SECRUE' }]);
  });
});

test.each([
  [{ prefixes: [] }, 'are lists of names'],
  [{ prefixes: 'REDIS_' }, 'are lists of names'],
  [{ prefixes, action: 'ignore' }, 'is refuse or warn'],
  [{ prefix: ['REDIS_'] }, '"prefixes"'],
])('options that cannot work are refused: %j', (unknown, message) => {
  expect(() => defineConfig({ fields: {}, unknown: unknown as never })).toThrow(message);
});
