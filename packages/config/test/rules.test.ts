import { describe, expect, test } from 'vitest';
import { defineConfig, env, type Problem, type RuleBuilder } from '../src/index.js';
import { configErrorOf } from './support/load-field.js';

const redis = env.url({ protocols: ['redis:'] }).secret();

const schema = defineConfig({
  fields: {
    PORT: env.port().default(3001),
    REDIS_REQUIRED: env.bool().default(false),
    REDIS_URL: redis.optional(),
    REDIS_TLS: env.bool().optional(),
    SMTP_HOST: env.string().optional(),
    SMTP_PORT: env.port().default(587),
    SMTP_SECURE: env.bool().default(false),
    SMTP_USER: env.string().optional(),
    SMTP_PASS: env.string().secret({ minBytes: 1 }).optional(),
    POOL_MIN: env.int({ min: 0 }).default(2),
    POOL_MAX: env.int({ min: 1 }).default(10),
  },
  rules: (rule) => [
    rule.profile('production').requires('REDIS_URL'),
    rule.equals('REDIS_REQUIRED', true).requires('REDIS_URL'),
    rule.set('REDIS_TLS').requires('REDIS_URL'),
    rule.together('SMTP_HOST', 'SMTP_USER', 'SMTP_PASS'),
    rule.check(['POOL_MIN', 'POOL_MAX'], 'POOL_MIN is at most POOL_MAX', (c) => c.POOL_MIN <= c.POOL_MAX),
    rule.set('SMTP_HOST').check(['SMTP_PORT', 'SMTP_SECURE'], 'port 465 goes with SMTP_SECURE=true', (c) => {
      return c.SMTP_PORT !== 465 || c.SMTP_SECURE;
    }),
  ],
});

function problemsOf(variables: Record<string, string>): readonly Problem[] {
  return configErrorOf(() =>
    schema.load({ env: { APP_ENV: 'development', ...variables }, cwd: '/nonexistent' }),
  ).problems;
}

describe('a rule', () => {
  test('says nothing when it holds', () => {
    const env = { APP_ENV: 'development', SMTP_HOST: 'h', SMTP_USER: 'u', SMTP_PASS: 'p', SMTP_PORT: '465' };
    expect(() => schema.load({ env: { ...env, SMTP_SECURE: 'true' }, cwd: '/nonexistent' })).not.toThrow();
    expect(() => schema.load({ env: { APP_ENV: 'development' }, cwd: '/nonexistent' })).not.toThrow();
  });

  test('requires a variable in a profile', () => {
    expect(problemsOf({ APP_ENV: 'production' })).toMatchObject([
      { code: 'missing', name: 'REDIS_URL', message: 'is not set, and is required in production' },
    ]);
  });

  test('requires a variable by the value of another', () => {
    expect(problemsOf({ REDIS_REQUIRED: 'true' })).toMatchObject([
      { name: 'REDIS_URL', message: 'is not set, and is required by the value of REDIS_REQUIRED' },
    ]);
  });

  test('misses a variable once, however many rules require it', () => {
    expect(problemsOf({ APP_ENV: 'production', REDIS_REQUIRED: 'true', REDIS_TLS: 'true' })).toHaveLength(1);
  });

  test('refuses a group that is half set', () => {
    expect(problemsOf({ SMTP_HOST: 'h' }).map(({ name }) => name)).toEqual(['SMTP_USER', 'SMTP_PASS']);
    expect(problemsOf({ SMTP_PASS: 'p', SMTP_USER: 'u' }).map(({ name }) => name)).toEqual(['SMTP_HOST']);
  });

  test('compares variables', () => {
    expect(problemsOf({ POOL_MIN: '20' })).toEqual([
      {
        code: 'rule',
        name: 'POOL_MIN',
        related: ['POOL_MAX'],
        message: 'breaks a rule: POOL_MIN is at most POOL_MAX',
        expected: 'POOL_MIN is at most POOL_MAX',
        fix: 'Change POOL_MIN or POOL_MAX.',
      },
    ]);
  });

  test('runs when other fields are wrong, and reports beside them', () => {
    expect(problemsOf({ PORT: 'x', POOL_MIN: '20', REDIS_REQUIRED: 'yes' }).map(({ name }) => name)).toEqual([
      'PORT',
      'REDIS_URL',
      'POOL_MIN',
    ]);
  });

  test('is undecided, and silent, when a variable that it stands on is itself wrong', () => {
    expect(problemsOf({ POOL_MIN: '20', POOL_MAX: 'x' }).map(({ name }) => name)).toEqual(['POOL_MAX']);
    expect(problemsOf({ REDIS_REQUIRED: 'perhaps' }).map(({ name }) => name)).toEqual(['REDIS_REQUIRED']);
  });

  test('counts a variable that is wrong as set', () => {
    expect(problemsOf({ APP_ENV: 'production', REDIS_URL: 'x' })).toMatchObject([{ code: 'invalid' }]);
    expect(problemsOf({ SMTP_HOST: ' h' }).map(({ name }) => name)).toEqual([
      'SMTP_HOST',
      'SMTP_USER',
      'SMTP_PASS',
    ]);
  });
});

test.each([
  ['throws', () => JSON.parse('CANARY') as boolean, 'its check threw an error'],
  ['answers later', (async () => true) as never, 'its check answered neither true nor false'],
  ['answers nothing', (() => undefined) as never, 'its check answered neither true nor false'],
])('a check that %s is a problem and keeps the value to itself', (_, holds: () => boolean, what) => {
  const strange = defineConfig({
    fields: { X: env.string() },
    rules: (rule) => [rule.check(['X'], 'X is right', holds)],
  });
  const error = configErrorOf(() => strange.load({ env: { X: 'CANARY' }, cwd: '/nonexistent' }));
  expect(error.problems).toMatchObject([{ message: `breaks a rule: ${what}` }]);
  expect(error.message).not.toContain('CANARY');
});

test('a rule about a variable that is not declared is refused by the compiler and when it is defined', () => {
  const define = () =>
    defineConfig({
      fields: { X: env.bool() },
      // @ts-expect-error there is no field Y
      rules: (rule) => [rule.profile('test').requires('Y')],
    });
  expect(define).toThrow('there is no field "Y"');
});

test.each([
  [
    'a rule without the list around it',
    (rule: RuleBuilder<{ A: string | undefined }>) => rule.profile('production').requires('A'),
  ],
  [
    'a condition that demands nothing',
    (rule: RuleBuilder<{ A: string | undefined }>) => [rule.profile('production')],
  ],
  ['nothing', () => undefined],
  ['a hole', () => [undefined]],
  [
    'a demand of nothing',
    (rule: RuleBuilder<{ A: string | undefined }>) => [Reflect.apply(rule.set('A').requires, rule, [])],
  ],
])('%s is refused when the configuration is defined', (_, rules) => {
  const define = () => defineConfig({ fields: { A: env.string().optional() }, rules: rules as never });
  expect(define).toThrow('rules must give a list of rules');
});

test('a pattern that is none is refused when the field is made', () => {
  expect(() => env.string({ pattern: '^a$' as never })).toThrow('"pattern" must be');
});
