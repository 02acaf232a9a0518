import { inspect } from 'node:util';
import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { type ConfigError, defineConfig, env, type Field, type StandardSchema } from '../src/index.js';
import { configErrorOf } from './support/load-field.js';

/** Three marks, so that a prefix, a middle or an end that leaks is found; none of them is a word of ours. */
const marks = ['qzvkx', 'jwpbf', 'ygmhd'];
const canary = marks.join('');

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

const sinks: Readonly<Record<string, (error: ConfigError) => string>> = {
  message: (error) => error.message,
  stack: (error) => String(error.stack),
  inspect: (error) => inspect(error, { depth: 20, showHidden: true, customInspect: false, getters: true }),
  'default inspect': (error) => inspect(error),
  JSON: (error) => JSON.stringify(error),
  problems: (error) => JSON.stringify(error.problems),
  cause: (error) => inspect(error.cause, { depth: 20 }),
  keys: (error) => Reflect.ownKeys(error).map(String).join(),
};

function leaks(error: ConfigError): readonly string[] {
  return Object.entries(sinks).flatMap(([sink, print]) => {
    const text = print(error).toLowerCase();
    return marks.some((mark) => text.includes(mark)) ? [sink] : [];
  });
}

describe('no part of a value appears in any sink of a ConfigError', () => {
  test.each(Object.entries(fields))('%s', (_, field) => {
    let refused = 0;
    for (const [failure, text] of Object.entries(texts)) {
      const schema = defineConfig({ fields: { X: field, REQUIRED: env.string() } });
      const error = configErrorOf(() => schema.load({ env: { X: text }, cwd: '/nonexistent' }));
      if (error.problems.some(({ name }) => name === 'X')) refused += 1;
      expect([failure, leaks(error)]).toEqual([failure, []]);
    }
    expect(refused).toBeGreaterThanOrEqual(8);
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
