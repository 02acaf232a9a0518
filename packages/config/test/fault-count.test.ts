import { size } from '@seaworthy/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { defineConfig, env, sources } from '../src/index.js';
import { configErrorOf } from './support/load-field.js';

const good = 'k7Qp2xVb9LmZ4tRw8NcYd3Hs6JfGa1Ue';

const schema = defineConfig({
  fields: {
    PORT: env.port(),
    DATABASE_URL: env.url({ protocols: ['postgres:'] }).secret(),
    JWT_SECRET: env.string().secret(),
    JWT_EXPIRES_IN: env.duration(),
    CORS_ORIGIN: env.list(env.origin()),
    BODY_LIMIT: env.bytes(),
    LOG_LEVEL: env.oneOf(['debug', 'info']),
    MAIL_FROM: env.email(),
    FEATURES: env.json(z.object({ beta: z.boolean() })),
    DEBUG: env.bool(),
    REDIS_REQUIRED: env.bool().default(false),
    REDIS_URL: env.url({ protocols: ['redis:'] }).optional(),
    POOL_MIN: env.int().default(1),
    POOL_MAX: env.int().default(10),
    SMTP_HOST: env.string().optional(),
    SMTP_USER: env.string().optional(),
    SMTP_PORT: env.port().default(587),
    SMTP_SECURE: env.bool().default(false),
    LIMITS: env.list(env.int()).optional(),
    MAP: env.json(z.strictObject({ a: z.number(), b: z.number() })).optional(),
    REGION: z.enum(['eu', 'us']).default('eu'),
    RETRIES: z.coerce.number().max(10).default(3),
    API_KEY: env
      .string()
      .secret()
      .default('only-for-development-and-tests-k3', { only: ['development'] }),
  },
  unknown: { prefixes: ['REDIS_', 'SMTP_'] },
  rules: (rule) => [
    rule.equals('REDIS_REQUIRED', true).requires('REDIS_URL'),
    rule.check(['POOL_MIN', 'POOL_MAX'], 'POOL_MIN is at most POOL_MAX', (c) => c.POOL_MIN <= c.POOL_MAX),
    rule.together('SMTP_HOST', 'SMTP_USER'),
    rule.check(
      ['SMTP_PORT', 'SMTP_SECURE'],
      'port 465 goes with SMTP_SECURE',
      (c) => c.SMTP_PORT !== 465 || c.SMTP_SECURE,
    ),
  ],
});

const right: Readonly<Record<string, string>> = {
  APP_ENV: 'production',
  PORT: '3001',
  DATABASE_URL: 'postgres://u:x9fQ2zL7@h/db',
  JWT_SECRET: good,
  JWT_EXPIRES_IN: '7d',
  CORS_ORIGIN: 'https://a.example',
  BODY_LIMIT: '1mb',
  LOG_LEVEL: 'info',
  MAIL_FROM: 'a@b.example',
  FEATURES: '{"beta":true}',
  DEBUG: 'false',
  API_KEY: `x${good}`,
};

/** Each is one mistake, independent of the others: what it sets, and the variable that the report must name. */
const faults: ReadonlyArray<readonly [string, Readonly<Record<string, string>>]> = [
  ['PORT', { PORT: 'tcp://10.0.0.1:80' }],
  ['DATABASE_URL', { DATABASE_URL: 'postgres://u:p@ss/w@h/db' }],
  ['JWT_SECRET', { JWT_SECRET: 'development-secret-key-change-in-production' }],
  ['JWT_EXPIRES_IN', { JWT_EXPIRES_IN: '86400' }],
  ['CORS_ORIGIN', { CORS_ORIGIN: 'https://a.example/' }],
  ['BODY_LIMIT', { BODY_LIMIT: '10 mb' }],
  ['LOG_LEVEL', { LOG_LEVEL: 'INFO' }],
  ['MAIL_FROM', { MAIL_FROM: '' }],
  ['FEATURES', { FEATURES: '{"beta":"yes"}' }],
  ['DEBUG', { DEBUG: 'enabled' }],
  ['REDIS_URL', { REDIS_REQUIRED: 'true' }],
  ['POOL_MIN', { POOL_MIN: '11' }],
  ['SMTP_USER', { SMTP_HOST: 'h' }],
  ['SMTP_PORT', { SMTP_PORT: '465' }],
  ['REDIS_SOMETHING_ELSE', { REDIS_SOMETHING_ELSE: 'x' }],
  ['SMTP_ANYTHING_BESIDE', { SMTP_ANYTHING_BESIDE: 'x' }],
  ['LIMITS', { LIMITS: '1,two,3' }],
  ['MAP', { MAP: '{"a":1,"b":"2"}' }],
  ['REGION', { REGION: 'EU' }],
  ['RETRIES', { RETRIES: '0x5' }],
  ['API_KEY', { API_KEY: '', API_KEI: good }],
];

test('N faults, in fields and between them, give exactly N problems, each naming its variable', () => {
  fc.assert(
    fc.property(fc.subarray([...faults], { minLength: 1 }), (chosen) => {
      const variables = Object.assign({}, right, ...chosen.map(([, change]) => change));
      const { problems } = configErrorOf(() => schema.load({ env: variables, sources: [sources.env()] }));
      const named = problems.map(({ name }) => name).sort();
      expect(named).toEqual(chosen.map(([name]) => name).sort());
    }),
    { numRuns: size({ test: 1_000, soak: 20_000 }) },
  );
});

test('several faults of one list or one JSON text are as many problems, each with its place', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('1', 'x'), { minLength: 1, maxLength: 50 }), (items) => {
      const wrong = items.flatMap((item, index) => (item === 'x' ? [`[${index}]`] : []));
      fc.pre(wrong.length > 0);
      const variables = { ...right, LIMITS: items.join(), MAP: '{"a":"1","b":"2"}' };
      const { problems } = configErrorOf(() => schema.load({ env: variables, sources: [sources.env()] }));
      expect(problems.map(({ path }) => path)).toEqual([...wrong, '.a', '.b']);
    }),
  );
});

test('no fault gives no problem', () => {
  expect(() => schema.load({ env: right, cwd: '/nonexistent' })).not.toThrow();
});

describe('a whole zod schema', () => {
  const whole = defineConfig(
    z
      .object({
        PORT: z.coerce.number(),
        DEBUG: z.boolean().optional(),
        LOG_LEVEL: z.enum(['debug', 'info']),
        POOL_MIN: z.coerce.number().optional(),
        POOL_MAX: z.coerce.number().default(10),
        KEY: z.string(),
        OTHER: z.string().startsWith('sk_'),
        URL: z.url().optional(),
      })
      .refine((c) => c.DEBUG === false, { error: 'at the root' })
      .refine((c) => (c.POOL_MIN ?? 99) <= c.POOL_MAX, { path: ['POOL_MAX'] }),
    { secrets: { KEY: {}, OTHER: { minBytes: 12 }, URL: { minBytes: 1 } } },
  );
  const fine: Readonly<Record<string, string>> = {
    APP_ENV: 'production',
    PORT: '1',
    DEBUG: 'false',
    LOG_LEVEL: 'info',
    POOL_MIN: '1',
    KEY: good,
    OTHER: 'sk_x9fQ2zL7wRt4',
  };
  const wrong: ReadonlyArray<readonly [string, Readonly<Record<string, string>>]> = [
    ['PORT', { PORT: '0x10' }],
    ['DEBUG', { DEBUG: 'maybe' }],
    ['LOG_LEVEL', { LOG_LEVEL: '' }],
    ['POOL_MIN', { POOL_MIN: 'many' }],
    ['KEY', { KEY: 'short' }],
    ['OTHER', { OTHER: 'pk_x9fQ2zL7wRt4' }],
    ['URL', { URL: 'postgres://u:changeme@h/db' }],
  ];
  const problemsWith = (env: Readonly<Record<string, string>>) =>
    configErrorOf(() => whole.load({ env, sources: [sources.env()] })).problems.map(({ name }) => name);

  test('gives exactly N problems for N members that are wrong, secrets among them', () => {
    fc.assert(
      fc.property(fc.subarray([...wrong], { minLength: 1 }), (chosen) => {
        const env = Object.assign({}, fine, ...chosen.map(([, change]) => change));
        expect(problemsWith(env)).toEqual(chosen.map(([name]) => name));
      }),
      { numRuns: size({ test: 500, soak: 10_000 }) },
    );
  });

  test('gives one for each refinement of the whole, once its members are right, and one beside them for a secret', () => {
    const two = { ...fine, DEBUG: 'true', POOL_MIN: '11' };
    expect(problemsWith(two)).toEqual(['POOL_MAX', 'The configuration']);
    expect(problemsWith({ ...two, KEY: 'short' })).toEqual(['POOL_MAX', 'KEY', 'The configuration']);
    expect(() => whole.load({ env: fine, sources: [sources.env()] })).not.toThrow();
  });
});
