import { describe, expect, test } from 'vitest';
import { ConfigError, defineConfig, env } from '../src/index.js';
import { configErrorOf } from './support/load-field.js';

const schema = defineConfig({
  fields: {
    PORT: env.port().default(3001),
    DATABASE_URL: env.url({ protocols: ['postgres:', 'postgresql:'] }).secret(),
    JWT_SECRET: env.string().secret(),
    CORS_ORIGIN: env.list(env.origin()),
  },
});

const error = configErrorOf(() =>
  schema.load({
    env: { NODE_ENV: 'development', PORT: '70000', JWT_SECERT: 'x', CORS_ORIGIN: 'https://a.example,*' },
    cwd: '/nonexistent',
  }),
);

describe('a ConfigError', () => {
  test('has a report for people', () => {
    expect(error.message).toBe(`The configuration has 4 problems (profile development, from NODE_ENV).

  1. PORT is too large
     where:    the process environment
     expected: a port from 1 to 65535
     fix:      Correct PORT in the process environment.

  2. DATABASE_URL is not set
     expected: a URL that begins with postgres:// or postgresql://
     fix:      Set DATABASE_URL in the environment or in a dotenv file, or DATABASE_URL_FILE to the path of a file that holds it.

  3. JWT_SECRET is not set, but JWT_SECERT is
     expected: text, of at least 32 bytes
     fix:      Set JWT_SECRET in the environment or in a dotenv file, or JWT_SECRET_FILE to the path of a file that holds it. Make one: openssl rand -base64 32

  4. CORS_ORIGIN[1] allows every origin
     where:    the process environment
     expected: a list, separated by commas, of: an origin such as https://app.example.com, without a path or a slash at its end
     fix:      Name each origin that may call.`);
  });

  test('has its problems as data that JSON keeps', () => {
    expect(error.code).toBe('CONFIG_INVALID');
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: 'ConfigError',
      code: 'CONFIG_INVALID',
      message: error.message,
      problems: error.problems,
    });
    expect(error.problems[0]).toEqual({
      code: 'invalid',
      name: 'PORT',
      message: 'is too large',
      expected: 'a port from 1 to 65535',
      fix: 'Correct PORT in the process environment.',
      origin: { source: 'environment', at: 'the process environment' },
    });
  });

  test('has no cause, and is known across copies of the package', () => {
    expect(error.cause).toBeUndefined();
    expect(ConfigError.is(error)).toBe(true);
    expect(ConfigError.is(new Error('x'))).toBe(false);
  });

  test('says in which profile and why, without the text of the variable', () => {
    const { message } = configErrorOf(() => schema.load({ env: { APP_ENV: 'CANARY' }, cwd: '/nonexistent' }));
    expect(message).toContain(
      'profile production, because APP_ENV is none of development, test, staging, production',
    );
    expect(message).not.toContain('CANARY');
  });
});

test('an error is an instance of its own class and of those that it extends, and of no other that extends them', () => {
  class OwnError extends ConfigError {
    static override readonly kind: string = 'OwnError';
  }
  const plain = new ConfigError('report', [], 'production');
  expect(plain).toBeInstanceOf(ConfigError);
  expect(plain).not.toBeInstanceOf(OwnError);
  expect(new OwnError('report', [], 'production')).toBeInstanceOf(OwnError);
  expect(new OwnError('report', [], 'production')).toBeInstanceOf(ConfigError);
  expect(new Error('report')).not.toBeInstanceOf(ConfigError);
});
