import { type } from 'arktype';
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { defineConfig, env, type StandardSchema } from '../../src/index.js';
import { configErrorOf, loadField } from '../support/load-field.js';

const wholeNumbers = [
  ['zod', z.string().regex(/^\d+$/).transform(Number)],
  ['valibot', v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number))],
  ['arktype', type('string.integer.parse')],
] as const;

describe.each(wholeNumbers)('a schema of %s', (vendor, schema) => {
  test('is a field as it is', () => {
    expect(loadField(schema, '42')).toEqual({ value: 42, problems: [] });
  });

  test('is a field with the methods of a field', () => {
    expect(loadField(env.schema(schema).default('7'), undefined)).toEqual({ value: 7, problems: [] });
  });

  test('refuses with a message of ours', () => {
    const { problems } = loadField(schema, 'CANARY');
    expect(problems).toMatchObject([{ name: 'X', expected: `what its ${vendor} schema accepts` }]);
    expect(JSON.stringify(problems)).not.toContain('CANARY');
  });

  test('is missing when it is not set', () => {
    expect(loadField(schema, undefined).problems).toMatchObject([{ code: 'missing' }]);
  });
});

const flags = [
  ['zod', z.object({ limits: z.object({ users: z.number() }), tags: z.array(z.string()) })],
  ['valibot', v.object({ limits: v.object({ users: v.number() }), tags: v.array(v.string()) })],
  ['arktype', type({ limits: { users: 'number' }, tags: 'string[]' })],
] as const;

describe.each(flags)('env.json with a schema of %s', (vendor, schema) => {
  test('gives what the schema makes of the JSON, frozen', () => {
    const { value } = loadField(env.json(schema), '{"limits":{"users":3},"tags":["a"]}');
    expect(value).toEqual({ limits: { users: 3 }, tags: ['a'] });
    expect(Object.isFrozen((value as { limits: object }).limits)).toBe(true);
  });

  test('every issue is a problem', () => {
    const { problems } = loadField(env.json(schema), '{"limits":{"users":"x"},"tags":["a",1]}');
    expect(problems).toHaveLength(2);
    const paths = problems.map(({ path }) => path);
    expect(paths).toEqual(vendor === 'arktype' ? ['.*.*', '.*[1]'] : ['.limits.users', '.tags[1]']);
  });
});

test.each([
  ['zod', z.string().startsWith('sk_')],
  ['valibot', v.pipe(v.string(), v.startsWith('sk_'))],
  ['arktype', type('string')],
])(
  '%s never sees a blank or a single line break at the end of a text, lines of a key it does',
  (_, schema) => {
    for (const text of ['sk_live_1 ', 'sk_live_1\t', 'sk_live_1\n', 'sk_live_1\r\n\n']) {
      expect(loadField(schema, text).problems).toHaveLength(1);
      expect(loadField(env.schema(schema).secret(), text).problems).toHaveLength(1);
    }
    expect(loadField(schema, 'sk_line\nline\n').problems).toEqual([]);
  },
);

test('a default of the schema itself stands when the variable is not set', () => {
  expect(loadField(z.string().default('x'), undefined)).toEqual({ value: 'x', problems: [] });
  expect(loadField(env.json(z.object({ a: z.number() }).default({ a: 1 })), '')).toEqual({
    value: { a: 1 },
    problems: [],
  });
});

test('the default object of a schema is not frozen, its copy is', () => {
  const own = { a: 1 };
  const { value } = loadField(env.json(z.object({ a: z.number() }).default(own)), undefined);
  expect(Object.isFrozen(value)).toBe(true);
  expect(Object.isFrozen(own)).toBe(false);
});

test('keys that are part of the value are not named', () => {
  const { problems } = loadField(env.json(z.record(z.string(), z.number())), '{"sk_live_CANARY":"x"}');
  expect(problems).toMatchObject([
    { path: '.*', message: 'has the wrong type (it must be of the type number)' },
  ]);
});

test('text that is no JSON is a problem', () => {
  for (const text of ['{', "{'a':1}", '{"a":1,}', 'undefined', 'NaN']) {
    expect(loadField(env.json(), text).problems).toMatchObject([{ message: 'is not a JSON text' }]);
  }
});

test.each([
  ['{"a":1,"b":{"c":2,"c":3}}', 'holds a key twice in one object'],
  ['{"a":1,"\\u0061":2}', 'holds a key twice in one object'],
  ['[{"__proto__":1,"__proto__":2}]', 'holds a key twice in one object'],
  ['{"n":9007199254740993}', 'holds a number that is too large to be held exactly'],
  ['[1e400]', 'holds a number that is too large to be held exactly'],
  ['-12345678901234567891', 'holds a number that is too large to be held exactly'],
  ['{"n":[1,1e-400]}', 'holds a number that is too small to be held exactly'],
])('%j, which JSON.parse reads and loses a part of, %s', (text, message) => {
  for (const field of [env.json(), env.json(z.any())]) {
    expect(loadField(field, text).problems).toMatchObject([{ code: 'invalid', message }]);
  }
});

test('any other JSON is read as JSON.parse reads it', () => {
  const nasty = [
    '{"a":{"a":{"a":1}},"b":{"a":"a\\",\\"a\\":"},"c":[{"a":1},{"a":2}]}',
    ' { "1e400" : "9007199254740993" , "\\\\" : "\\"" , "" : -1.5e-7 } ',
    '[0,-0,0.0,0e5,1E2,9007199254740991,9007199254740994,1e300,12345678901234567000,0.1000000000000000055]',
    '"1e400"',
    '[[],{},[{}],null,true]',
  ];
  const isRead = (text: string): void => {
    expect(loadField(env.json(), text)).toEqual({ value: JSON.parse(text), problems: [] });
  };
  nasty.forEach(isRead);
  const objects = fc.object({
    maxDepth: 3,
    values: [
      fc.string(),
      fc.maxSafeInteger(),
      fc.boolean(),
      fc.constant(null),
      fc.double({ min: -1e9, max: 1e9, noNaN: true, minExcluded: true }),
    ],
  });
  fc.assert(fc.property(objects, (value) => isRead(JSON.stringify(value))));
});

test('the key __proto__ of a JSON text stays a key', () => {
  const { value } = loadField(env.json(), '{"__proto__":{"admin":true}}');
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  expect(Object.keys(value as object)).toEqual(['__proto__']);
});

test('a schema that answers later is refused, and its rejection is not left unhandled', async () => {
  const later: StandardSchema<string> = {
    '~standard': { version: 1, vendor: 'own', validate: (text) => Promise.reject(new Error(String(text))) },
  };
  const unhandled: unknown[] = [];
  const listener = (reason: unknown): void => void unhandled.push(reason);
  process.on('unhandledRejection', listener);
  expect(loadField(later, 'CANARY').problems).toMatchObject([
    { message: 'has a schema that throws or answers later' },
  ]);
  await new Promise((resolve) => setImmediate(resolve));
  process.off('unhandledRejection', listener);
  expect(unhandled).toEqual([]);
});

test('a schema that throws is a problem', () => {
  const throwing: StandardSchema<string> = {
    '~standard': {
      version: 1,
      vendor: 'own',
      validate(text) {
        throw new Error(`broke on ${text}`);
      },
    },
  };
  expect(loadField(throwing, 'CANARY').problems).toMatchObject([{ message: 'makes its schema throw' }]);
  const transform = z.string().transform((text) => {
    throw new Error(`broke on ${text}`);
  });
  expect(loadField(transform, 'CANARY').problems).toMatchObject([
    { message: 'has a schema that throws or answers later' },
  ]);
});

describe('what cannot be copied to be frozen is a problem, and nothing is thrown', () => {
  const nested = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
  const throwing = z.string().transform((text) => ({
    get made(): string {
      throw new Error(text);
    },
  }));

  test.each([
    ['JSON that is nested too deeply', env.json(), nested],
    ['what a schema makes of it', env.schema(z.string().transform((text) => JSON.parse(text))), nested],
    ['a getter that throws', env.schema(throwing), 'CANARY'],
  ])('%s', (_, field, text) => {
    const { problems } = loadField(field, text);
    expect(problems).toMatchObject([{ name: 'X', message: expect.stringContaining('cannot be copied') }]);
    expect(JSON.stringify(problems)).not.toContain('CANARY');
  });

  test('in a whole schema too, beside the other problems', () => {
    const whole = defineConfig(z.object({ A: throwing, B: throwing.optional(), C: z.string() }));
    const load = () => whole.load({ env: { A: 'CANARY', C: 'c' }, cwd: '/nonexistent' });
    expect(configErrorOf(load).problems).toMatchObject([{ name: 'A', code: 'invalid' }]);
  });

  test('in a default that a schema makes, when it is loaded', () => {
    const made = z.preprocess((given) => given ?? 'CANARY', throwing);
    expect(loadField(made, undefined).problems).toMatchObject([{ name: 'X', code: 'invalid' }]);
  });
});

test('what is no schema is refused when the configuration is defined', () => {
  // @ts-expect-error a function is no schema
  expect(() => env.json(() => true)).toThrow('a Standard Schema');
  // @ts-expect-error neither is this
  expect(() => loadField({ parse: String }, 'x')).toThrow('fields.X must be a field');
});

test('a zod schema of booleans or numbers as a field reads its text strictly', () => {
  expect(loadField(z.coerce.boolean(), 'false').value).toBe(false);
  expect(loadField(z.boolean().default(true), undefined).value).toBe(true);
  expect(loadField(z.number().min(1), '2').value).toBe(2);
  expect(loadField(z.number().min(1), '0').problems).toMatchObject([
    { message: 'is too small or too short' },
  ]);
  expect(loadField(z.coerce.number(), '0x10').problems).toMatchObject([{ expected: 'a decimal number' }]);
});

test.each([
  ['a union', () => z.union([z.coerce.boolean(), z.string()])],
  [
    'a union of unions, with a default',
    () => z.union([z.union([z.string(), z.coerce.number()])]).default('x'),
  ],
  ['a lazy schema', () => z.lazy(() => z.coerce.boolean())],
  ['an intersection', () => z.intersection(z.coerce.number(), z.coerce.number())],
  ['a text before it', () => z.string().pipe(z.coerce.boolean())],
  ['preprocess', () => z.preprocess((text) => text, z.coerce.date())],
])('zod may not guess behind %s, where the text cannot be read strictly before', (_, make) => {
  for (const define of [
    () => env.schema(make()),
    () => defineConfig({ fields: { X: make() } }),
    () => defineConfig(z.object({ X: make() })),
  ]) {
    expect(define).toThrow('does not coerce');
  }
});

test('what guesses at no text is accepted: alternatives that do not coerce, texts, items of an array', () => {
  const tree: z.ZodType = z.lazy(() => z.union([z.string(), tree]));
  expect(loadField(tree, 'a').value).toBe('a');
  expect(loadField(z.union([z.boolean(), z.string()]), 'false').value).toBe('false');
  expect(loadField(z.coerce.string().pipe(z.string()), 'a').value).toBe('a');
  const split = z.string().transform((text) => text.split(','));
  expect(loadField(split.pipe(z.array(z.coerce.number<string>())), '1,2').value).toEqual([1, 2]);
});
