import { describe, expect, test } from 'vitest';
import { defineConfig, env, type Field, type ProfileOptions } from '../src/index.js';

function profileFor(variables: Record<string, string | undefined>, profile: ProfileOptions = {}): string {
  const schema = defineConfig({ profile, fields: { APP_ENV: env.profile() } });
  const config = schema.load({ env: variables, cwd: '/nonexistent' });
  expect(config.APP_ENV).toBe(schema.profileOf(config));
  return config.APP_ENV;
}

describe('the profile', () => {
  test.each(['development', 'test', 'staging', 'production'])('%s is taken from APP_ENV', (name) => {
    expect(profileFor({ APP_ENV: name, NODE_ENV: 'test' })).toBe(name);
  });

  test('is taken from NODE_ENV when APP_ENV is not set or empty', () => {
    expect(profileFor({ NODE_ENV: 'test' })).toBe('test');
    expect(profileFor({ APP_ENV: '', NODE_ENV: 'test' })).toBe('test');
  });

  test.each(['Development', 'dev', 'prod', ' development', 'constructor', 'undefined'])(
    'is production when APP_ENV is %j, whatever NODE_ENV says',
    (name) => {
      expect(profileFor({ APP_ENV: name, NODE_ENV: 'development' })).toBe('production');
    },
  );

  test('is production when nothing is set, unless the schema says otherwise', () => {
    expect(profileFor({})).toBe('production');
    expect(profileFor({}, { unset: 'development' })).toBe('development');
    expect(profileFor({ NODE_ENV: 'typo' }, { unset: 'development' })).toBe('production');
  });

  test('may be named by other variables', () => {
    expect(profileFor({ STAGE: 'staging', NODE_ENV: 'test' }, { from: ['STAGE'] })).toBe('staging');
  });

  test('is not taken from a key that an object inherits', () => {
    const inherited: Record<string, string> = Object.create({ APP_ENV: 'development' });
    expect(profileFor(inherited)).toBe('production');
  });
});

describe('a default', () => {
  const schema = defineConfig({
    fields: {
      LEVEL: env
        .oneOf(['debug', 'info', 'warn'])
        .default('info')
        .default('debug', { only: ['development', 'test'] }),
      TRACE: env
        .bool()
        .default(true, { only: ['development'] })
        .optional(),
    },
  });

  test.each([
    ['development', { LEVEL: 'debug', TRACE: true }],
    ['test', { LEVEL: 'debug', TRACE: undefined }],
    ['staging', { LEVEL: 'info', TRACE: undefined }],
    ['production', { LEVEL: 'info', TRACE: undefined }],
  ])('of its own holds in %s', (profile, expected) => {
    expect(schema.load({ env: { APP_ENV: profile }, cwd: '/nonexistent' })).toEqual(expected);
  });
});

test('a default of the profile, which nothing would follow, is refused, and so is a secret one', () => {
  const define = (field: Field) => () => defineConfig({ fields: { NODE_ENV: field } });
  expect(define(env.profile().default('development'))).toThrow("profile: { unset: 'development' }");
  expect(define(env.profile().default('test', { only: ['test'] }))).toThrow('unset');
  // @ts-expect-error everybody may see it
  expect(() => env.profile().secret()).toThrow('only text can');
});
