import { Secret } from '@seaworthy/contracts';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { defineConfig, env, type Field, type StandardSchema } from '../src/index.js';
import { configErrorOf, loadField } from './support/load-field.js';

/** What a text must give: a value, `unset` (as if the variable were not there), or a problem. */
const unset = Symbol('unset');
const problem = Symbol('problem');

type Row = readonly [Field | StandardSchema, Readonly<Record<string, unknown>>];

const database = env.url({ protocols: ['postgres:', 'postgresql:'] });
const day = 86_400_000;

/** Every text that some loader of environments is known to have read wrongly. */
const rows: Readonly<Record<string, Row>> = {
  'env.bool': [
    env.bool(),
    {
      FALSE: false,
      off: false,
      n: problem,
      '': unset,
      ' true ': problem,
      '2': problem,
      enabled: problem,
      null: problem,
      undefined: problem,
      'yes please': problem,
    },
  ],
  'z.coerce.boolean() of zod': [
    z.coerce.boolean(),
    {
      false: false,
      '0': false,
      off: false,
      '': unset,
      n: problem,
      ' true ': problem,
      '2': problem,
      null: problem,
    },
  ],
  'env.int': [env.int(), { ...numbers(problem), '1e3': problem, '5': 5 }],
  'env.number': [env.number(), { ...numbers(problem), '1e3': 1_000, '5': 5 }],
  'z.coerce.number() of zod': [z.coerce.number(), { ...numbers(problem), '1e3': 1_000, '5': 5 }],
  'z.coerce.number().catch() of zod': [
    z.coerce.number().catch(7),
    { '5': 5, '': 7, '0x10': problem, x: problem },
  ],
  'env.port': [
    env.port(),
    { ...numbers(problem), '1e3': problem, '3001': 3_001, 'tcp://10.0.0.1:6379': problem },
  ],
  'env.duration': [
    env.duration(),
    {
      '7d': { ms: 7 * day, seconds: 604_800 },
      '30d': { ms: 30 * day, seconds: 2_592_000 },
      '1h30m': { ms: 5_400_000, seconds: 5_400 },
      '7D': problem,
      '1M': problem,
      '100': problem,
      '86400': problem,
      ' 5m': problem,
      '': unset,
      '-1h': problem,
      '0': problem,
      P7D: problem,
      '1e400d': problem,
    },
  ],
  'env.bytes': [
    env.bytes(),
    {
      '10mb': 10_485_760,
      '10MiB': 10_485_760,
      '1.5g': 1_610_612_736,
      '10m': 10_485_760,
      '10 mb': problem,
      '-1': problem,
    },
  ],
  'env.list': [
    env.list(env.string(), { unique: true }),
    {
      'a,b': ['a', 'b'],
      'a, b': ['a', 'b'],
      'a,': problem,
      ',a': problem,
      'a,,b': problem,
      'a, ,b': problem,
      'a,b,a': problem,
      ',': problem,
      '': unset,
    },
  ],
  'env.list of origins': [
    env.list(env.origin()),
    {
      'https://a.example': ['https://a.example'],
      'https://a.example/': problem,
      '*': problem,
      'https://a.example,*': problem,
      null: problem,
      'https://*.example': problem,
    },
  ],
  'env.url': [
    database,
    {
      'postgres://u:p%40ss%2Fw%23rd@h/db': 'postgres://u:p%40ss%2Fw%23rd@h/db',
      'postgres://u:p@ss/w#rd@h/db': problem,
      'postgres://u:p%zz@h/db': problem,
      'postgres://u:p?w@h/db': problem,
      'postgres://h1,h2/db': problem,
      'postgres:///db?host=/run/postgresql': problem,
      'localhost:5432': problem,
      'javascript:alert(1)': problem,
      'postgres://h/db\n': problem,
      'postgresql://...': problem,
      'postgres://...@h/db': problem,
      $DATABASE_URL: problem,
    },
  ],
  'env.url with an empty host': [
    env.url({ protocols: ['postgres:'], allowEmptyHost: true }),
    { 'postgres:///db?host=/run/postgresql': 'postgres:///db?host=/run/postgresql' },
  ],
  'env.url of a guide': [
    env.url(),
    {
      'https://...@sentry.io/...': problem,
      'https://key@o1.ingest.example/42': 'https://key@o1.ingest.example/42',
    },
  ],
  'env.string': [
    env.string(),
    {
      undefined: problem,
      null: 'null',
      '[object Object]': problem,
      '  ': problem,
      'a\n': problem,
      '\ufeffa': problem,
      'a\u0000': problem,
      'a\ufffd': problem,
      '': unset,
      constructor: 'constructor',
      __proto__: '__proto__',
      $HOME: '$HOME',
    },
  ],
  'env.string of several lines': [
    env.string({ multiline: true }),
    {
      '-----BEGIN KEY-----\nabc\n-----END KEY-----\n': '-----BEGIN KEY-----\nabc\n-----END KEY-----\n',
      '-----BEGIN KEY-----\\nabc': problem,
    },
  ],
  'env.json': [
    env.json(),
    {
      '{"a":1}': { a: 1 },
      '{a:1}': problem,
      undefined: problem,
      NaN: problem,
      '': unset,
      true: true,
      '{"a":1}x': problem,
      '1_000': problem,
    },
  ],
  'env.email': [
    env.email(),
    { 'a@b.example': 'a@b.example', 'A <a@b.example>': problem, 'a@b': problem, 'a@b.example\n': problem },
  ],
  'env.oneOf': [
    env.oneOf(['debug', 'info']),
    { debug: 'debug', INFO: problem, 'info ': problem, constructor: problem, '': unset },
  ],
};

/** What is no number in any notation, with the one that is none of these kinds' business left to the rows. */
function numbers(refused: symbol): Readonly<Record<string, unknown>> {
  const texts = [
    '  ',
    '12abc',
    '1_000',
    '0x10',
    '1e400',
    'Infinity',
    '9007199254740993',
    '-0',
    '08',
    '5.',
    '٣',
    'NaN',
    '+5',
    '--1',
  ];
  return { '': unset, ...Object.fromEntries(texts.map((text) => [text, refused])) };
}

describe.each(Object.entries(rows))('%s', (_, [field, texts]) => {
  const loaded = Object.entries(texts);
  test.each(loaded)('%j gives the right value or a problem', (text, expected) => {
    const { value, problems } = loadField(field, text, 'production');
    if (expected === problem) expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(['invalid']));
    else if (expected === unset) expect(problems).toMatchObject([{ code: 'missing' }]);
    else expect({ value, problems }).toEqual({ value: expected, problems: [] });
  });
});

describe('a secret in production', () => {
  test.each([
    ['the example of a guide', 'your-super-secret-key', 'is shorter than 32 bytes'],
    ['the default of a guide', 'development-secret-key-change-in-production', 'is a well-known placeholder'],
    ['one character again and again', 'a'.repeat(32), 'is made of repeated or consecutive characters'],
    ['blanks', ' '.repeat(32), 'consists of blanks'],
    ['a command that nothing ran', '$(openssl rand -base64 32)', 'is shorter than 32 bytes'],
    [
      'a longer command that nothing ran',
      'x$(openssl rand -base64 32) and more',
      'is a template that nothing has filled in',
    ],
    [
      'a variable that nothing expanded',
      '$PRODUCTION_JWT_SECRET_OF_THE_SERVICE',
      'is a template that nothing has filled in',
    ],
    ['changeme', 'changeme-changeme-changeme-changeme', 'is a well-known placeholder'],
    ['a line break at the end', `${'k7Qp2xVb9LmZ4tRw8NcYd3Hs6JfGa1Ue'}\n`, 'holds a line break'],
    ['a byte order mark', '\ufeffk7Qp2xVb9LmZ4tRw8NcYd3Hs6JfGa1Ue', 'begins with a byte order mark'],
    ['a NUL', 'k7Qp2xVb9LmZ4tRw\u00008NcYd3Hs6JfGa1Ue', 'holds a NUL character'],
    ['invalid UTF-8', 'k7Qp2xVb9LmZ4tRw\ufffd8NcYd3Hs6JfGa1Ue', 'is not valid UTF-8'],
    ['31 bytes in 16 characters', `${'ü'.repeat(15)}x`, 'is shorter than 32 bytes'],
  ])('%s is refused', (_, text, message) => {
    const { problems } = loadField(env.string().secret(), text, 'production');
    expect(problems).toMatchObject([{ message }]);
    if (message.includes('shorter') || problems[0]?.code === 'insecure') {
      expect(problems[0]?.fix).toBe('Make a new one: openssl rand -base64 32');
    }
  });

  test.each([
    'your-redis-password',
    'your-app-password',
    'pass',
    'password',
    '$REDIS_PASSWORD',
    '%PASSWORD%',
    '...',
  ])('the password %j of a guide is refused', (text) => {
    const field = env.string().secret({ minBytes: 1 });
    expect(loadField(field, text, 'production').problems).toMatchObject([{ code: 'insecure' }]);
    const url = `mysql://user:${encodeURIComponent(text)}@host/db`;
    const secretUrl = env.url({ protocols: ['mysql:'] }).secret();
    expect(loadField(secretUrl, url, 'production').problems).toHaveLength(1);
  });

  test('of many-byte characters counts in bytes', () => {
    const { value } = loadField(env.string().secret(), '🦊🐙🌵🎲🪐🧭🪁🫐', 'production');
    expect(Secret.is(value) && value.reveal()).toBe('🦊🐙🌵🎲🪐🧭🪁🫐');
  });
});

test('what zod would make of nothing is missing: false of a flag, "undefined" of a text', () => {
  const members = { A: z.coerce.boolean(), B: z.coerce.string(), C: z.coerce.boolean().default(true) };
  const whole = defineConfig(z.object({ ...members, D: z.coerce.string().optional() }));
  for (const schema of [whole, defineConfig({ fields: members })]) {
    const { problems } = configErrorOf(() => schema.load({ env: {}, cwd: '/nonexistent' }));
    expect(problems.map(({ name, code }) => [name, code])).toEqual([
      ['A', 'missing'],
      ['B', 'missing'],
    ]);
  }
  expect(whole.load({ env: { A: '0', B: 'b' }, cwd: '/nonexistent' })).toEqual({ A: false, B: 'b', C: true });
});

test.each([
  ['Production', 'production'],
  ['prod', 'production'],
  ['', 'production'],
  [undefined, 'production'],
  ['test', 'test'],
])('NODE_ENV=%j is the profile %s', (name, profile) => {
  const schema = defineConfig({ fields: { NODE_ENV: env.profile() } });
  expect(schema.load({ env: { NODE_ENV: name }, cwd: '/nonexistent' }).NODE_ENV).toBe(profile);
});

test('the names __proto__ and constructor in the environment are names like any other', () => {
  const variables = JSON.parse('{"__proto__":"polluted","constructor":"c","X":"x"}');
  const schema = defineConfig({
    fields: { X: env.string(), constructor: env.string(), toString: env.string().optional() },
  });
  const config = schema.load({ env: variables, cwd: '/nonexistent' });
  expect({ ...config }).toEqual({ X: 'x', constructor: 'c', toString: undefined });
  expect(Object.getPrototypeOf(config)).toBe(Object.prototype);
});

describe('between variables', () => {
  const password = (url: string | undefined) =>
    url === undefined ? '' : decodeURIComponent(new URL(url).password);
  const schema = defineConfig({
    fields: {
      SMTP_PORT: env.port().default(587),
      SMTP_SECURE: env.bool().default(false),
      REDIS_URL: env
        .url({ protocols: ['redis:'] })
        .secret()
        .optional(),
      REDIS_PASSWORD: env.string().secret({ minBytes: 1 }).optional(),
      HEALTH_CHECK_REDIS: env.bool().default(false),
      POOL_MIN: env.int().default(1),
      POOL_MAX: env.int().default(10),
    },
    rules: (rule) => [
      rule.check(
        ['SMTP_PORT', 'SMTP_SECURE'],
        'port 465 goes with SMTP_SECURE=true',
        (c) => c.SMTP_PORT !== 465 || c.SMTP_SECURE,
      ),
      rule
        .set('REDIS_PASSWORD')
        .check(['REDIS_URL', 'REDIS_PASSWORD'], 'the password of REDIS_URL is REDIS_PASSWORD', (c) => {
          const own = password(c.REDIS_URL?.reveal());
          return own === '' || c.REDIS_PASSWORD?.equals(own) === true;
        }),
      rule.equals('HEALTH_CHECK_REDIS', true).requires('REDIS_URL'),
      rule.check(['POOL_MIN', 'POOL_MAX'], 'POOL_MIN is at most POOL_MAX', (c) => c.POOL_MIN <= c.POOL_MAX),
    ],
  });

  test.each([
    [{ SMTP_PORT: '465', SMTP_SECURE: 'false' }, 'SMTP_PORT'],
    [{ REDIS_URL: 'redis://u:x9fQ2zL7@h', REDIS_PASSWORD: 'y8gR3' }, 'REDIS_URL'],
    [{ HEALTH_CHECK_REDIS: 'true' }, 'REDIS_URL'],
    [{ POOL_MIN: '11' }, 'POOL_MIN'],
  ])('%j is one problem', (variables, name) => {
    const load = () => schema.load({ env: variables as Record<string, string>, cwd: '/nonexistent' });
    expect(configErrorOf(load).problems.map((found) => found.name)).toEqual([name]);
  });

  test('what fits together is none', () => {
    const fitting = {
      SMTP_PORT: '465',
      SMTP_SECURE: 'true',
      REDIS_URL: 'redis://u:x9%2FfQ2zL7@h',
      REDIS_PASSWORD: 'x9/fQ2zL7',
      HEALTH_CHECK_REDIS: 'true',
    };
    expect(() => schema.load({ env: fitting, cwd: '/nonexistent' })).not.toThrow();
  });
});

test('a secret under a name that build tools publish is refused', () => {
  expect(() => defineConfig({ fields: { VITE_JWT_SECRET: env.string().secret() } })).toThrow(
    'rename the secret',
  );
  const misspelt = defineConfig({ fields: { JWT_SECRET: env.string() }, unknown: { prefixes: ['JWT_'] } });
  expect(
    configErrorOf(() => misspelt.load({ env: { JWT_SECERT: 'x' }, cwd: '/nonexistent' })).problems,
  ).toMatchObject([{ message: 'is not set, but JWT_SECERT is' }]);
});
