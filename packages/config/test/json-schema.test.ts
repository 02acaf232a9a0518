import { size } from '@seaworthy/testkit';
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { defineConfig, env, type Field, type StandardSchema } from '../src/index.js';
import { loadField } from './support/load-field.js';

test('every variable is a text with what it accepts, and no default of a secret', () => {
  const schema = defineConfig({
    fields: {
      APP_ENV: env.profile(),
      PORT: env.port().default(3001).describe('Where the API listens.'),
      DATABASE_URL: env.url({ protocols: ['postgres:'] }).secret(),
      JWT_SECRET: env
        .string()
        .secret()
        .default('CANARY-dev-only-secret-dev-only-secret', { only: ['development', 'test'] }),
      LOG_LEVEL: env
        .oneOf(['debug', 'info'])
        .default('info')
        .default('debug', { only: ['development'] }),
      FEATURES: env.json(z.object({ beta: z.boolean() })).default({ beta: false }),
    },
  });
  const document = schema.toJSONSchema();
  expect(JSON.stringify(document)).toBe(JSON.stringify(schema.toJSONSchema()));
  expect(document).toEqual({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: {
      APP_ENV: { type: 'string', description: 'one of development, test, staging, production; optional' },
      PORT: {
        type: 'string',
        description: 'Where the API listens.\na port from 1 to 65535; optional',
        pattern: '^[0-9]{1,5}$',
        default: '3001',
      },
      DATABASE_URL: {
        type: 'string',
        description: 'a URL that begins with postgres://; required',
        format: 'uri',
        pattern: '^([Pp][Oo][Ss][Tt][Gg][Rr][Ee][Ss]:)//',
        writeOnly: true,
      },
      JWT_SECRET: {
        type: 'string',
        description:
          'text, of at least 32 bytes; required in staging, production\nin development, test: a development default',
        minLength: 1,
        writeOnly: true,
      },
      LOG_LEVEL: {
        type: 'string',
        description: 'one of debug, info; optional\nin development: debug',
        enum: ['debug', 'info'],
        default: 'info',
      },
      FEATURES: {
        type: 'string',
        description: 'a JSON text that its zod schema accepts; optional',
        contentMediaType: 'application/json',
        contentSchema: {
          type: 'object',
          properties: { beta: { type: 'boolean' } },
          required: ['beta'],
        },
        default: '{"beta":false}',
      },
    },
    required: ['DATABASE_URL'],
  });
});

/** Read by zod, so that not only we think that it is a JSON Schema. */
function readerOf(field: Field | StandardSchema, { formats }: { readonly formats: boolean }) {
  const whole = defineConfig({ fields: { X: field } }).toJSONSchema();
  const { format, ...bare } = whole.properties.X ?? {};
  const document = formats ? whole : { ...whole, properties: { X: bare } };
  const schema = z.fromJSONSchema(document as never);
  return (text: string) => schema.safeParse({ X: text }).success;
}

describe('the JSON Schema of a field accepts what the field accepts, and refuses most of the rest', () => {
  const kinds: ReadonlyArray<
    readonly [string, Field | StandardSchema, readonly string[], readonly string[]]
  > = [
    ['int', env.int(), ['0', '-7', '900000'], ['1.5', 'x', '0x10', ' 1']],
    ['number', env.number(), ['0.5', '1e-7', '-3'], ['.5', 'x', '1_000']],
    ['port', env.port(), ['1', '65535'], ['-1', 'tcp://10.0.0.1:1', '123456']],
    ['bool', env.bool(), ['true', 'FALSE', 'On', '0'], ['2', 'enabled', 'yes please']],
    ['duration', env.duration(), ['7d', '1h30m', '1.5h', '500ms'], ['100', '7D', '1h 30m']],
    ['bytes', env.bytes(), ['512', '10mb', '10MiB', '1.5g'], ['10 mb', '-1', '10mbit']],
    ['url', env.url(), ['https://a.example/x', 'HTTP://a.example'], ['ftp://a.example', 'a.example']],
    ['origin', env.origin(), ['https://a.example'], ['https://a.example/', '*']],
    ['email', env.email(), ['a@b.example'], ['a', 'A <a@b.example>']],
    ['oneOf', env.oneOf(['a', 'b']), ['a', 'b'], ['A', 'c']],
    [
      'string',
      env.string({ minLength: 2, maxLength: 3, pattern: /^[a-z🦊]+$/u }),
      ['ab', 'abc', '🦊'],
      ['abcd', 'A1'],
    ],
    ['zod enum', z.enum(['a', 'b']), ['a'], ['c']],
    ['zod boolean', z.coerce.boolean(), ['false', 'ON'], ['2']],
    ['zod number', z.number().optional(), ['1.5'], ['0x10']],
    ['zod date', z.coerce.date(), ['2026-11-22'], ['March 7']],
    ['zod pattern', z.string().startsWith('sk_'), ['sk_a'], ['pk_a']],
    ['valibot', v.picklist(['a']) as StandardSchema, ['a'], []],
    ['list', env.list(env.int()), ['1,2'], []],
  ];

  test.each(kinds)('%s', (_, field, right, wrong) => {
    const accepts = readerOf(field, { formats: true });
    for (const text of right) {
      expect(loadField(field, text).problems, text).toEqual([]);
      expect(accepts(text), text).toBe(true);
    }
    for (const text of wrong) {
      expect(loadField(field, text).problems, text).toHaveLength(1);
      expect(accepts(text), text).toBe(false);
    }
  });

  // Without formats: those are annotations in JSON Schema, and zod's idea of an e-mail address is narrower than RFC 5321.
  test('for any text at all', () => {
    const text = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.string({ unit: fc.constantFrom(...'0123456789.eE+-kmbdhswTRUEtrue:/@') }),
    );
    const readers = kinds.map(([, field]) => ({ field, accepts: readerOf(field, { formats: false }) }));
    fc.assert(
      fc.property(text, (value) => {
        for (const { field, accepts } of readers) {
          if (loadField(field, value).problems.length === 0 && value !== '')
            expect(accepts(value)).toBe(true);
        }
      }),
      { numRuns: size({ test: 300, soak: 10_000 }) },
    );
  });
});

test('a whole zod object is documented by its members', () => {
  const schema = defineConfig(
    z.object({
      PORT: z.coerce.number().default(1),
      KEY: z.string().min(32),
      LEVEL: z.enum(['a', 'b']).optional(),
    }),
    { secrets: { KEY: {} } },
  );
  expect(schema.toJSONSchema()).toMatchObject({
    properties: {
      PORT: { pattern: expect.stringContaining('[0-9]') },
      KEY: { minLength: 32, writeOnly: true },
      LEVEL: { enum: ['a', 'b'] },
    },
    required: ['KEY'],
  });
});
