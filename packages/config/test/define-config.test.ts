import type { Secret } from '@seaworthy/contracts';
import { describe, expect, expectTypeOf, test } from 'vitest';
import * as z from 'zod';
import { defineConfig, env } from '../src/index.js';
import { configErrorOf, loadField } from './support/load-field.js';

const nowhere = '/nonexistent';

test('[row 8] "false" is false, "7d" is 604800 seconds, origins are split, and "yes please" is refused', () => {
  const schema = defineConfig({
    fields: {
      REDIS_REQUIRED: env.bool(),
      JWT_EXPIRES_IN: env.duration(),
      RATE_LIMIT_WINDOW_MS: env.int(),
      CORS_ORIGIN: env.list(env.origin()),
    },
  });
  const texts = {
    REDIS_REQUIRED: 'false',
    JWT_EXPIRES_IN: '7d',
    RATE_LIMIT_WINDOW_MS: '900000',
    CORS_ORIGIN: 'https://a.example,https://b.example',
  };
  expect(schema.load({ env: texts, cwd: nowhere })).toEqual({
    REDIS_REQUIRED: false,
    JWT_EXPIRES_IN: { ms: 604_800_000, seconds: 604_800 },
    RATE_LIMIT_WINDOW_MS: 900_000,
    CORS_ORIGIN: ['https://a.example', 'https://b.example'],
  });
  const refused = () => schema.load({ env: { ...texts, REDIS_REQUIRED: 'yes please' }, cwd: nowhere });
  expect(refused).toThrow('REDIS_REQUIRED is neither true nor false');
});

describe('the configuration', () => {
  const schema = defineConfig({
    fields: {
      PORT: env.port().default(3001),
      TIMES: env.list(env.duration()).default(['1s', '2s']),
      FLAGS: env.json().default({ a: { b: [1] } }),
      constructor: env.string().default('x'),
    },
  });
  const config = schema.load({ env: {}, cwd: nowhere });

  test('is a plain object, without a Proxy, with every key', () => {
    expect(Object.getPrototypeOf(config)).toBe(Object.prototype);
    expect(Object.getOwnPropertyDescriptors(config).PORT).toEqual({
      value: 3001,
      enumerable: true,
      configurable: false,
      writable: false,
    });
    expect(Object.keys(config)).toEqual(['PORT', 'TIMES', 'FLAGS', 'constructor']);
  });

  test('is frozen all the way down', () => {
    const seen: unknown[] = [config];
    for (const value of seen) {
      if (typeof value !== 'object' || value === null) continue;
      expect(Object.isFrozen(value)).toBe(true);
      seen.push(...Object.values(value));
    }
    expect(seen.length).toBeGreaterThan(12);
  });

  test('does not change when the environment does', () => {
    const variables: Record<string, string> = { PORT: '1' };
    const loaded = schema.load({ env: variables, cwd: nowhere });
    variables.PORT = '2';
    expect(loaded.PORT).toBe(1);
  });
});

describe('a definition that can never work is refused', () => {
  test.each([
    ['an unknown option', () => defineConfig({ fields: {}, rule: [] } as never), 'Did you mean "rules"?'],
    [
      'an unknown option of the profile',
      () => defineConfig({ fields: {}, profile: { form: ['X'] } as never }),
      '"from"',
    ],
    ['an unknown option of a field', () => env.int({ mim: 1 } as never), 'Did you mean "min"?'],
    ['an unknown option of a secret', () => env.string().secret({ minByte: 1 } as never), '"minBytes"'],
    ['an unknown option of a default', () => env.int().default(1, { onli: [] } as never), '"only"'],
    ['a name that no shell can set', () => defineConfig({ fields: { 'A-B': env.int() } }), 'letters, digits'],
    [
      'a default that is out of bounds',
      () => defineConfig({ fields: { X: env.int({ max: 1 }).default(2) } }),
      'too large',
    ],
    [
      'a default of an unknown profile',
      () => env.int().default(1, { only: ['prod'] as never }),
      'development, test',
    ],
    ['a list of something', () => env.list('string' as never), 'a field such as'],
    [
      'a secret for browsers',
      () => (env.string().client() as never as { secret(): void }).secret(),
      'client()',
    ],
    [
      'a browser value that is secret',
      () => (env.string().secret() as never as { client(): void }).client(),
      'client()',
    ],
    ['a secret number', () => (env.int() as never as { secret(): void }).secret(), 'only text can'],
  ])('%s', (_, define, message) => {
    expect(define).toThrow(message);
  });

  test.each([
    ['a URL', env.url().client(), 'https://app:CANARY@h.example/'],
    ['a URL with it in its query', env.url().client(), 'https://h.example/?password=CANARY'],
    ['a list of URLs', env.list(env.url()).client(), 'https://a.example,https://app:CANARY@h.example/'],
    ['a schema', env.schema(z.string()).client(), 'https://app:CANARY@h.example/'],
    ['any text', env.string().client().optional(), 'postgres://app:CANARY@h.example/'],
  ])('%s that may reach a browser may hold no password, in no profile', (_, field, text) => {
    for (const profile of ['development', 'production']) {
      const { problems } = loadField(field, text, profile);
      expect(problems).toMatchObject([{ code: 'insecure', message: expect.stringContaining('a password') }]);
      expect(JSON.stringify(problems)).not.toContain('CANARY');
      const start = defineConfig({ fields: { X: field } });
      expect(() => start.load({ env: { APP_ENV: profile, X: text }, cwd: '/nonexistent' })).toThrow(
        'password',
      );
      expect(loadField(field, text.replace(/:CANARY|.password=CANARY/, ''), profile).problems).toEqual([]);
    }
  });

  test('and each item that holds one is a problem', () => {
    const text = 'https://a:CANARY@h.example,https://b.example,https://c:CANARY@h.example';
    const { problems } = loadField(env.list(env.url()).client(), text);
    expect(problems.map(({ path }) => path)).toEqual(['[0]', '[2]']);
  });

  test('nor may its default', () => {
    const field = env.url().default('https://app:CANARY@h.example/').client();
    const define = () => defineConfig({ fields: { X: field } });
    expect(define).toThrow('fields.X: its default holds a password');
    expect(define).not.toThrow('CANARY');
  });

  test.each([
    'VITE_',
    'NEXT_PUBLIC_',
    'NUXT_PUBLIC_',
    'EXPO_PUBLIC_',
    'REACT_APP_',
    'PUBLIC_',
    'GATSBY_',
    'VUE_APP_',
    'NG_APP_',
    'STORYBOOK_',
  ])('a secret whose name begins with %s, which build tools publish', (prefix) => {
    const name = `${prefix}JWT_SECRET`;
    expect(() => defineConfig({ fields: { [name]: env.string().secret() } })).toThrow('rename the secret');
    expect(() => defineConfig({ fields: { [name]: env.string() } })).toThrow('add .client()');
    expect(() => defineConfig({ fields: { [name]: env.string().client() } })).not.toThrow();
  });
});

test('publicValues gives what is marked for browsers and nothing else', () => {
  const schema = defineConfig({
    fields: {
      VITE_API_URL: env.url().client(),
      DATABASE_URL: env.url({ protocols: ['postgres:'] }).secret(),
      PORT: env.port(),
    },
  });
  const texts = {
    VITE_API_URL: 'https://api.example',
    DATABASE_URL: 'postgres://u:x9fQ2zL7@h/db',
    PORT: '1',
  };
  const config = schema.load({ env: texts, cwd: nowhere });
  expect(schema.publicValues(config)).toEqual({ VITE_API_URL: 'https://api.example' });
});

describe('a whole zod object', () => {
  const schema = defineConfig(
    z
      .object({
        PORT: z.coerce.number().int().min(1).default(3001),
        LOG_LEVEL: z.enum(['debug', 'info']).describe('How much is logged.'),
        POOL_MIN: z.coerce.number(),
        POOL_MAX: z.coerce.number(),
      })
      .refine((c) => c.POOL_MIN <= c.POOL_MAX, { path: ['POOL_MIN'] }),
  );

  test('is accepted, with its own coercion, defaults and refinements', () => {
    const env = { LOG_LEVEL: 'info', POOL_MIN: '1', POOL_MAX: '2', PORT: '' };
    const config = schema.load({ env, cwd: nowhere });
    expect(config).toEqual({ PORT: 3001, LOG_LEVEL: 'info', POOL_MIN: 1, POOL_MAX: 2 });
    expect(Object.isFrozen(config)).toBe(true);
    expect(schema.explain(config)).toContain('LOG_LEVEL  ');
  });

  test('reports every issue by variable, a missing one as missing', () => {
    const load = () => schema.load({ env: { LOG_LEVEL: 'CANARY', POOL_MIN: 'x' }, cwd: nowhere });
    expect(load).toThrow(
      expect.objectContaining({
        problems: [
          expect.objectContaining({ name: 'LOG_LEVEL', message: 'is none of the accepted values' }),
          expect.objectContaining({ name: 'POOL_MIN', code: 'invalid' }),
          expect.objectContaining({ name: 'POOL_MAX', code: 'missing' }),
        ],
      }),
    );
    expect(load).not.toThrow('CANARY');
  });

  test('reports its refinements', () => {
    const env = { LOG_LEVEL: 'info', POOL_MIN: '3', POOL_MAX: '2' };
    expect(() => schema.load({ env, cwd: nowhere })).toThrow('POOL_MIN is refused by its schema');
  });

  test('keeps "false" false, with and without coerce and behind optional and default', () => {
    const flags = defineConfig(
      z.object({
        A: z.coerce.boolean(),
        B: z.boolean(),
        C: z.boolean().optional(),
        D: z.coerce.boolean().default(true),
        E: z.stringbool(),
        F: z.coerce.boolean().pipe(z.boolean()).readonly(),
      }),
    );
    const names = ['A', 'B', 'C', 'D', 'E', 'F'];
    for (const [text, value] of [
      ['false', false],
      ['off', false],
      ['TRUE', true],
    ] as const) {
      const config = flags.load({ env: Object.fromEntries(names.map((name) => [name, text])), cwd: nowhere });
      expect(Object.values(config)).toEqual(names.map(() => value));
    }
  });

  test('guesses neither numbers nor dates from what is none', () => {
    const typed = defineConfig(
      z.object({
        N: z.coerce.number().default(1),
        I: z.int().optional(),
        B: z.coerce.bigint(),
        D: z.coerce.date(),
      }),
    );
    const right = { N: '0.5', I: '-7', B: '9007199254740993', D: '2026-02-28T23:00:00+01:00' };
    expect(typed.load({ env: right, cwd: nowhere })).toEqual({
      N: 0.5,
      I: -7,
      B: 9007199254740993n,
      D: new Date('2026-02-28T22:00:00Z'),
    });
    const nasty = [
      '  ',
      ' 1',
      '0x10',
      '12abc',
      '1_000',
      '08',
      'Infinity',
      '٣',
      'true',
      '2026-02-31',
      'March 7',
    ];
    for (const text of nasty) {
      const load = () => typed.load({ env: { N: text, I: text, B: text, D: text }, cwd: nowhere });
      expect(configErrorOf(load).problems.map(({ name, code }) => `${name} ${code}`)).toEqual([
        'N invalid',
        'I invalid',
        'B invalid',
        'D invalid',
      ]);
    }
  });

  test('refuses texts with control characters, blanks around them and JavaScript leftovers', () => {
    const text = defineConfig(z.object({ T: z.string() }));
    for (const value of ['  ', 'a\u0000', '\ufeffa', 'undefined', ' a', '[object Object]']) {
      expect(configErrorOf(() => text.load({ env: { T: value }, cwd: nowhere })).problems).toHaveLength(1);
    }
  });

  describe('with secrets', () => {
    const secret = 'k7Qp2xVb9LmZ4tRw8NcYd3Hs6JfGa1Ue';
    const guarded = defineConfig(
      z.object({
        JWT_SECRET: z.string(),
        DATABASE_URL: z.url().optional(),
        PORT: z.coerce.number().default(1),
      }),
      { secrets: { JWT_SECRET: {}, DATABASE_URL: { minBytes: 1 } } },
    );

    test('gives a Secret for each of them', () => {
      const env = { JWT_SECRET: secret, DATABASE_URL: 'postgres://u:x9fQ2zL7@h/db' };
      const config = guarded.load({ env, cwd: nowhere });
      expectTypeOf(config).toEqualTypeOf<{
        readonly JWT_SECRET: Secret;
        readonly DATABASE_URL?: Secret | undefined;
        readonly PORT: number;
      }>();
      expect(config.JWT_SECRET.reveal()).toBe(secret);
      expect(JSON.parse(JSON.stringify(config))).toEqual({
        JWT_SECRET: '[secret JWT_SECRET]',
        DATABASE_URL: '[secret DATABASE_URL]',
        PORT: 1,
      });
      expect(guarded.load({ env: { JWT_SECRET: secret }, cwd: nowhere })).not.toHaveProperty('DATABASE_URL');
    });

    test('refuses short ones everywhere and placeholders in production', () => {
      const placeholder = { JWT_SECRET: 'a'.repeat(32), DATABASE_URL: 'postgres://u:changeme@h/db' };
      const problemsIn = (APP_ENV: string, env: Record<string, string>) =>
        configErrorOf(() => guarded.load({ env: { ...env, APP_ENV }, cwd: nowhere })).problems;
      expect(problemsIn('production', placeholder)).toMatchObject([
        { name: 'JWT_SECRET', code: 'insecure', fix: 'Make a new one: openssl rand -base64 32' },
        { name: 'DATABASE_URL', code: 'insecure' },
      ]);
      expect(() => guarded.load({ env: { ...placeholder, APP_ENV: 'test' }, cwd: nowhere })).not.toThrow();
      expect(problemsIn('test', { JWT_SECRET: 'short' })).toMatchObject([
        { message: 'is shorter than 32 bytes' },
      ]);
    });

    test('refuses the name of a secret that is no member', () => {
      const misspelt = { secrets: { JWT_SECERT: {} } };
      // @ts-expect-error there is no such member
      expect(() => defineConfig(z.object({ JWT_SECRET: z.string() }), misspelt)).toThrow('JWT_SECERT');
    });
  });

  test('is documented', () => {
    expect(schema.toMarkdown()).toContain('How much is logged.');
  });

  test('is refused when it does not name its members', () => {
    expect(() => defineConfig(z.record(z.string(), z.string()) as never)).toThrow('names its members');
  });
});

test.each([
  ['a secret that build tools publish', 'VITE_KEY', { VITE_KEY: z.string() }, 'browser bundle'],
  [
    'X beside X_FILE',
    'KEY',
    { KEY: z.string(), KEY_FILE: z.string() },
    'KEY_FILE already names the file of KEY',
  ],
  ['a name that no environment has', 'KEY', { KEY: z.string(), 'my-port': z.string() }, 'letters, digits'],
  ['a secret with a default', 'KEY', { KEY: z.string().default('x') }, 'stands in the source code'],
])('a whole schema is refused for %s, as fields are', (_, secret, shape, message) => {
  const schema = z.object(shape as Record<string, z.ZodString>);
  expect(() => defineConfig(schema, { secrets: { [secret]: {} } })).toThrow(message);
});

test('a whole schema may hold names that build tools publish when they are no secrets', () => {
  expect(() => defineConfig(z.object({ VITE_TITLE: z.string() }))).not.toThrow();
});

test('a Date, Map or Set of the result is a copy of each load, from a schema as from a default', () => {
  const made = { date: new Date(0), map: new Map([['a', { b: 1 }]]), set: new Set(['a']) };
  const fields = {
    SAID: env.json(z.any().default(made)),
    READ: env.json(z.any().transform(() => made)),
    OWN: env.json(z.any().transform(() => made)).default({}),
  };
  const whole = z.object({ SAID: z.any().default(made), READ: z.any().transform(() => made) });
  for (const given of [defineConfig({ fields }), defineConfig(whole)]) {
    const load = (): object => given.load({ env: { READ: '{}' }, cwd: nowhere });
    const first = load();
    for (const { date, map, set } of Object.values(first) as (typeof made)[]) {
      date.setTime(9);
      map.set('x', { b: 2 });
      set.clear();
      expect(Object.isFrozen(map.get('a'))).toBe(true);
    }
    for (const value of Object.values(load())) expect(value).toEqual(made);
  }
  expect(made).toEqual({ date: new Date(0), map: new Map([['a', { b: 1 }]]), set: new Set(['a']) });
});
