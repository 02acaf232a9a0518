import assert from 'node:assert';
import { Console } from 'node:console';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { format, inspect } from 'node:util';
import { serialize } from 'node:v8';
import { size } from '@seaworthy/testkit';
import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import {
  type ConfigError,
  defineConfig,
  env,
  type Field,
  type LoadOptions,
  type Source,
  type StandardSchema,
  sources,
} from '../src/index.js';
import { configErrorOf } from './support/load-field.js';
import { tempFolder } from './support/temp-folder.js';

/** Three marks, so that a prefix, a middle or an end that leaks is found; none of them is a word of ours. */
const marks = ['qzvkx', 'jwpbf', 'ygmhd'];
const canary = marks.join('');

/** As they are, and as they would be encoded, in small letters. */
const forms = marks.flatMap((mark) => [
  mark,
  Buffer.from(mark).toString('hex'),
  Buffer.from(mark).toString('base64').slice(0, 6).toLowerCase(),
]);

const fields: Readonly<Record<string, Field | StandardSchema>> = {
  string: env.string({ maxLength: 3 }),
  'string pattern': env.string({ pattern: /^only$/ }),
  'string secret': env.string({ pattern: /^only$/ }).secret(),
  int: env.int(),
  number: env.number(),
  bool: env.bool(),
  port: env.port(),
  url: env.url(),
  'url secret': env.url({ protocols: ['postgres:'] }).secret(),
  origin: env.origin(),
  email: env.email(),
  oneOf: env.oneOf(['a', 'b']),
  list: env.list(env.int(), { max: 2 }),
  'list secret': env.list(env.string({ pattern: /^only$/ }).secret()),
  duration: env.duration(),
  bytes: env.bytes(),
  json: env.json(z.strictObject({ a: z.number() })),
  'zod type': z.coerce.number(),
  'zod enum': z.enum(['a', 'b']),
  'zod own message': z.string().refine(() => false, { error: ({ input }) => `bad ${String(input)}` }),
  'zod own path': z.string().superRefine((text, context) => {
    context.addIssue({ code: 'custom', path: [text], message: text, expected: text });
    context.addIssue({ code: 'invalid_type', expected: text as 'string', input: text });
  }),
  'zod throws': z.string().transform((text) => {
    throw new Error(text);
  }),
  'json zod record': env.json(z.record(z.string(), z.number())),
  'json zod union': env.json(z.union([z.number(), z.object({ a: z.literal('x') })])),
  'valibot type': v.number() as unknown as StandardSchema,
  'valibot picklist': v.picklist(['a', 'b']),
  'valibot own message': v.pipe(
    v.string(),
    v.check(
      () => false,
      ({ input }) => `bad ${input}`,
    ),
  ),
  'json valibot': env.json(v.object({ a: v.number() })),
  'json valibot strict': env.json(v.strictObject({ a: v.string() })),
  'zod boolean': z.coerce.boolean(),
  'zod bigint': z.coerce.bigint(),
  'zod date': z.coerce.date(),
  'zod secret': env.schema(z.string().startsWith('sk_')).secret({ minBytes: 40 }),
  'zod template': z.templateLiteral(['id-', z.number()]),
  'email secret': env.email().secret(),
  'origin secret': env.origin().secret(),
  'oneOf secret': env.oneOf(['a', 'b']).secret(),
  'list of URLs': env.list(env.url({ protocols: ['redis:'] }).secret()),
  'list of origins': env.list(env.origin(), { unique: true }),
  'json list': env.json(z.array(z.enum(['a']))),
  'json map': env.json(z.map(z.string(), z.number())),
  'valibot secret': env.schema(v.pipe(v.string(), v.startsWith('sk_'))).secret(),
  'valibot record': env.json(v.record(v.picklist(['a']), v.number())),
  'arktype pattern': type(/^only$/),
  'arktype keyword': type('string.url'),
  'arktype union': type("'a' | 'b'"),
  'json arktype': env.json(type({ a: 'number', '+': 'reject' })),
};

const texts: Readonly<Record<string, string>> = {
  plain: canary,
  'blank around': ` ${canary}`,
  'line break': `${canary}\n`,
  'control character': `${canary}\u0007`,
  'credentials in a URL': `postgres://u:${canary}@ss/w@h/db`,
  'percent sign': `postgres://u:${canary}%zz@h/db`,
  'no host': `https://u:${canary}@/`,
  'not a web URL': `javascript:${canary}`,
  'in a URL that parses': `https://u:${canary}@h/path`,
  'broken JSON': `{"a":"${canary}"`,
  'JSON value': `{"a":"${canary}"}`,
  'JSON key': `{"${canary}":"${canary}"}`,
  'JSON array': `["${canary}","${canary}"]`,
  'list item': `1,${canary},${canary}`,
  'number prefix': `12${canary}`,
  'very long': canary.repeat(500),
};

/** What a `console` of a process writes to both of its streams. */
function printed(print: (console: Console) => void): string {
  let text = '';
  const stream = () =>
    new Writable({
      write(chunk, _encoding, done) {
        text += String(chunk);
        done();
      },
    });
  print(new Console(stream(), stream()));
  return text;
}

function thrownBy(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}

const sinks: Readonly<Record<string, (error: ConfigError) => string>> = {
  message: (error) => error.message,
  stack: (error) => String(error.stack),
  inspect: (error) => inspect(error, { depth: 20, showHidden: true, customInspect: false, getters: true }),
  'default inspect': (error) => inspect(error),
  JSON: (error) => JSON.stringify(error),
  problems: (error) => JSON.stringify(error.problems),
  cause: (error) => inspect(error.cause, { depth: 20 }),
  stdout: (error) =>
    printed((console) => console.log(error, '%s %o %O %j %d', error, error, error, error, error)),
  stderr: (error) => printed((console) => console.error(error.stack, { error }, [error.problems])),
  trace: (error) => printed((console) => console.trace(error)),
  table: (error) => printed((console) => console.table(error.problems)),
  dir: (error) => printed((console) => console.dir(error, { showHidden: true, depth: 20 })),
  format: (error) => format('%s %i %f %j %o %O', error, error, error, error, error, error),
  'cause of another': (error) => inspect(new Error('wrapped', { cause: error }), { depth: 20 }),
  'one of several': (error) => inspect(new AggregateError([error, error], 'several'), { depth: 20 }),
  clone: (error) => inspect(structuredClone(error), { depth: 20, showHidden: true }),
  serialized: (error) => serialize(error).toString('latin1'),
  'assertion diff': (error) =>
    inspect(
      thrownBy(() => assert.deepStrictEqual(error, { problems: [] })),
      { depth: 20 },
    ),
  spread: (error) => inspect({ ...error }, { depth: 20, showHidden: true }),
  keys: (error) => Reflect.ownKeys(error).map(String).join(),
};

/** By turns, because a ConfigError has many sinks; both for every text in the soak. */
function profilesFor(index: number): readonly string[] {
  const both = ['development', 'production'];
  return size({ test: both.slice(index % 2, (index % 2) + 1), soak: both });
}

function leaks(error: ConfigError): readonly string[] {
  return Object.entries(sinks).flatMap(([sink, print]) => {
    const text = print(error).toLowerCase();
    return forms.some((form) => text.includes(form)) ? [sink] : [];
  });
}

describe('no part of a value appears in any sink of a ConfigError', () => {
  test.each(Object.entries(fields))('%s', (_, field) => {
    let refused = 0;
    const schema = defineConfig({ fields: { X: field, REQUIRED: env.string() } });
    for (const [index, [failure, text]] of Object.entries(texts).entries()) {
      for (const APP_ENV of profilesFor(index)) {
        const error = configErrorOf(() => schema.load({ env: { APP_ENV, X: text }, cwd: '/nonexistent' }));
        if (error.problems.some(({ name }) => name === 'X')) refused += 1;
        expect([failure, leaks(error)]).toEqual([failure, []]);
      }
    }
    expect(refused).toBeGreaterThanOrEqual(size({ test: 8, soak: 16 }));
  });

  test.each(Object.entries(fields))(
    '%s, from a dotenv file, a secret file, a source that fails and in a rule',
    (_, field) => {
      const cwd = tempFolder();
      writeFileSync(join(cwd, 'value'), canary, { mode: 0o644 });
      writeFileSync(join(cwd, '.env'), `X=${canary}#${canary}\nQ_X="${canary}\n`);
      const schema = defineConfig({
        fields: { X: field, REQUIRED: env.string(), Y: env.string().default(canary) },
        unknown: { prefixes: ['Q_'] },
        rules: (rule) => [
          rule.check(['Y'], 'Y is another', () => {
            throw new Error(canary);
          }),
          rule.check(['Y'], 'Y is right', () => canary as never),
        ],
      });
      const failing: Source = {
        name: 'failing',
        read() {
          throw new Error(canary, { cause: canary });
        },
      };
      const odd: Source = {
        name: 'odd',
        read: () => ({
          entries: [{ name: 'X', value: [canary] as never, origin: { source: 'odd', at: 'odd' } }],
        }),
      };
      const wrong: ReadonlyArray<Readonly<Record<string, string>>> = [
        {},
        { X_FILE: 'value' },
        { X_FILE: canary },
        { X: canary, X_FILE: 'value' },
        { APP_ENV: canary, Q_Y: canary },
      ];
      const tries: ReadonlyArray<LoadOptions> = [
        ...wrong.map((env) => ({ env: { APP_ENV: 'production', ...env } })),
        { env: { APP_ENV: 'development', X_FILE: 'value' } },
        { env: { X: canary }, sources: [failing, odd, sources.env()] },
      ];
      for (const options of tries) {
        const error = configErrorOf(() => schema.load({ ...options, cwd }));
        expect(leaks(error)).toEqual([]);
      }
    },
  );

  test('through a whole Valibot object', () => {
    const schema = defineConfig(v.object({ X: v.picklist(['a']), Y: v.pipe(v.string(), v.url()) }) as never);
    for (const text of Object.values(texts)) {
      const variables = { X: text, Y: text };
      expect(leaks(configErrorOf(() => schema.load({ env: variables, cwd: '/nonexistent' })))).toEqual([]);
    }
  });

  test('through the secrets of a whole zod object', () => {
    const members = z.object({
      X: z.string(),
      Y: z.coerce.number(),
      Z: z.string().transform((text) => [text]),
    });
    const schema = defineConfig(members, { secrets: { X: { minBytes: 9_999 }, Z: {} } });
    for (const text of Object.values(texts)) {
      for (const Y of [text, '1']) {
        const variables = { X: text, Y, Z: text };
        expect(leaks(configErrorOf(() => schema.load({ env: variables, cwd: '/nonexistent' })))).toEqual([]);
      }
    }
  });

  test('through a whole zod object', () => {
    for (const text of Object.values(texts)) {
      const schema = defineConfig(
        z
          .object({ X: z.literal('a'), Y: z.coerce.number() })
          .refine(() => false, { error: text, path: [text] }),
      );
      const env = { X: text, Y: text };
      expect(leaks(configErrorOf(() => schema.load({ env, cwd: '/nonexistent' })))).toEqual([]);
    }
  });

  test('through a placeholder, a short secret, a development default and the profile', () => {
    const own = `${canary}${canary}${canary}`;
    const schema = defineConfig({
      fields: {
        PLACEHOLDER: env.string().secret(),
        SHORT: env.string().secret(),
        OWN: env
          .string()
          .secret()
          .default(own, { only: ['development'] }),
        FILE: env.string(),
        BOTH: env.string(),
      },
    });
    const variables = {
      APP_ENV: canary,
      PLACEHOLDER: `changeme-${own}`,
      SHORT: canary,
      OWN: own,
      FILE_FILE: `/${canary}/${canary}`,
      BOTH: canary,
      BOTH_FILE: canary,
    };
    const error = configErrorOf(() => schema.load({ env: variables, cwd: '/nonexistent' }));
    expect(error.problems).toHaveLength(5);
    expect(leaks(error)).toEqual([]);
  });

  test('the hunt itself finds a value where there is one', () => {
    const leaking = Object.assign(new Error(`received "${canary.slice(0, 7)}"`), { problems: [] });
    expect(leaks(leaking as unknown as ConfigError)).toContain('message');
  });
});

test('[row 14] inspect, JSON, String and a log of the configuration show [secret NAME] for every secret', () => {
  const secret = `${canary}-k7Qp2xVb9LmZ4tRw8NcYd3Hs6JfGa1Ue`;
  const schema = defineConfig({
    fields: {
      KEY: env.string().secret(),
      URL: env.url({ protocols: ['postgres:'] }).secret(),
      KEYS: env.list(env.string().secret()),
      STRIPE: env.schema(z.string()).secret(),
    },
  });
  const variables = { KEY: secret, URL: `postgres://u:${secret}@h/db`, KEYS: secret, STRIPE: secret };
  const config = schema.load({ env: variables, cwd: '/nonexistent' });
  expect(config.KEY.reveal()).toBe(secret);

  const printed = [
    inspect(config),
    inspect(config, { depth: 20, showHidden: true, customInspect: false }),
    JSON.stringify(config),
    String(config.KEY),
    `${config.URL} ${config.KEYS}`,
    Object.values(config).join(),
    schema.explain(config),
    inspect(schema, { depth: 20, showHidden: true }),
  ];
  for (const text of printed) expect(marks.filter((mark) => text.includes(mark))).toEqual([]);
  expect(JSON.parse(JSON.stringify(config))).toEqual({
    KEY: '[secret KEY]',
    URL: '[secret URL]',
    KEYS: ['[secret KEYS[0]]'],
    STRIPE: '[secret STRIPE]',
  });
});

describe('a value that the schema of a secret makes up itself is refused when the configuration is defined', () => {
  const schemas: ReadonlyArray<readonly [string, () => StandardSchema<unknown, string>]> = [
    ['default of zod', () => z.string().default(canary)],
    ['default of zod, made by a function', () => z.string().default(() => canary)],
    ['prefault of zod', () => z.string().prefault(canary)],
    ['catch of zod', () => z.string().catch(canary)],
    ['catch of zod behind a pipe', () => z.string().catch(canary).pipe(z.string())],
    ['default of a coerced text', () => z.coerce.string().default(canary)],
    ['optional of Valibot', () => v.optional(v.string(), canary)],
    ['fallback of Valibot', () => v.fallback(v.string(), canary)],
  ];

  test.each(schemas)('%s', (_, make) => {
    const secret = env.schema(make()).secret({ minBytes: 4 });
    const refused = [
      () => defineConfig({ fields: { X: secret } }),
      () => defineConfig({ fields: { X: secret.optional() } }),
      () => defineConfig({ fields: { X: env.list(secret) } }),
      () => defineConfig(z.object({ X: make() as z.ZodString }), { secrets: { X: { minBytes: 4 } } }),
    ];
    for (const define of refused) {
      const error = thrownBy(define);
      expect(error).toMatchObject({ code: 'INVALID_OPTION' });
      expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(marks[0]);
    }
  });

  test('and one that appears only later is wrapped', () => {
    let made: string | undefined;
    const schemaOfLater = z
      .string()
      .optional()
      .transform((text) => (text ?? made) as string);
    const later = env.schema(schemaOfLater).secret({ minBytes: 4 });
    const schema = defineConfig({ fields: { X: later } });
    made = canary;
    const { X } = schema.load({ env: { APP_ENV: 'production' }, cwd: '/nonexistent' });
    expect(inspect(X, { showHidden: true })).toBe('[secret X]');
  });
});
