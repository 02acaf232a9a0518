import type { Secret } from '@seaworthy/contracts';
import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, expectTypeOf, test } from 'vitest';
import * as z from 'zod';
import { type ConfigOf, type Duration, defineConfig, env, type Profile } from '../src/index.js';

const schema = defineConfig({
  fields: {
    STRING: env.string(),
    OPTIONAL: env.string().optional(),
    DEFAULT: env.string().optional().default('x'),
    PARTLY: env
      .int()
      .optional()
      .default(1, { only: ['test'] }),
    REQUIRED_PARTLY: env.int().default(1, { only: ['test'] }),
    INT: env.int(),
    BOOL: env.bool().describe('x'),
    LEVEL: env.oneOf(['debug', 'info']).default('info'),
    DURATION: env.duration({ max: '1d' }).default('7h'),
    BYTES: env.bytes().default('1mb'),
    ORIGINS: env.list(env.origin()),
    TIMES: env.list(env.duration()).default(['1s', 5]),
    SECRET: env.string().secret(),
    SECRET_OPTIONAL: env.url().optional().secret(),
    OPTIONAL_SECRET: env.url().secret().optional(),
    SECRETS: env.list(env.string().secret()),
    PROFILE: env.profile(),
    JSON: env.json(),
    ZOD_JSON: env.json(z.object({ a: z.number() })).default({ a: 1 }),
    ZOD: z.coerce.number(),
    ZOD_OPTIONAL: env.schema(z.string().optional()),
    ZOD_SECRET: env.schema(z.string()).secret(),
    VALIBOT: v.pipe(v.string(), v.transform(Number)),
    ARKTYPE: type('string.integer.parse'),
    VITE_URL: env.url().client(),
    VITE_FLAG: env.bool().default(false).client().describe('x'),
  },
});

type Config = ReturnType<typeof schema.load>;

describe('the type of the configuration', () => {
  test('is exact', () => {
    expectTypeOf<Config>().toEqualTypeOf<{
      readonly STRING: string;
      readonly OPTIONAL: string | undefined;
      readonly DEFAULT: string;
      readonly PARTLY: number | undefined;
      readonly REQUIRED_PARTLY: number;
      readonly INT: number;
      readonly BOOL: boolean;
      readonly LEVEL: 'debug' | 'info';
      readonly DURATION: Duration;
      readonly BYTES: number;
      readonly ORIGINS: readonly string[];
      readonly TIMES: readonly Duration[];
      readonly SECRET: Secret;
      readonly SECRET_OPTIONAL: Secret | undefined;
      readonly OPTIONAL_SECRET: Secret | undefined;
      readonly SECRETS: readonly Secret[];
      readonly PROFILE: Profile;
      readonly JSON: unknown;
      readonly ZOD_JSON: { a: number };
      readonly ZOD: number;
      readonly ZOD_OPTIONAL: string | undefined;
      readonly ZOD_SECRET: Secret;
      readonly VALIBOT: number;
      readonly ARKTYPE: number;
      readonly VITE_URL: string;
      readonly VITE_FLAG: boolean;
    }>();
  });

  test('of a whole zod object is its output', () => {
    const whole = defineConfig(z.object({ PORT: z.coerce.number(), NAME: z.string().optional() }));
    expectTypeOf(whole.load).returns.toEqualTypeOf<Readonly<{ PORT: number; NAME?: string | undefined }>>();
  });

  test('has a name', () => {
    const fields = { PORT: env.port() };
    expectTypeOf<ConfigOf<typeof fields>>().toEqualTypeOf<{ readonly PORT: number }>();
  });
});

test('publicValues has the client fields only', () => {
  expectTypeOf(schema.publicValues).returns.toEqualTypeOf<Readonly<Pick<Config, 'VITE_URL' | 'VITE_FLAG'>>>();
  const none = defineConfig({ fields: { A: env.int() } });
  expectTypeOf(none.publicValues).returns.toEqualTypeOf<Readonly<Pick<{ readonly A: number }, never>>>();
});

describe('the compiler refuses', () => {
  test('a secret for browsers, in either order, and in a list', () => {
    expectTypeOf(env.string().secret()).not.toHaveProperty('client');
    expectTypeOf(env.string().secret().optional()).not.toHaveProperty('client');
    expectTypeOf(env.list(env.string().secret())).not.toHaveProperty('client');
    expectTypeOf(env.string().client()).not.toHaveProperty('secret');
    expectTypeOf(env.string().client().optional()).not.toHaveProperty('secret');
    expectTypeOf(env.string()).toHaveProperty('client');
    expectTypeOf(env.string()).toHaveProperty('secret');
  });

  test('a secret that is no text', () => {
    expectTypeOf(env.int()).not.toHaveProperty('secret');
    expectTypeOf(env.json()).not.toHaveProperty('secret');
    expectTypeOf(env.schema(z.coerce.number())).not.toHaveProperty('secret');
  });

  test('a default of the wrong type, and one of a secret in production', () => {
    // @ts-expect-error a port is a number
    expect(() => defineConfig({ fields: { X: env.port().default('x') } })).toThrow('its default');
    // @ts-expect-error not one of them
    expect(() => defineConfig({ fields: { X: env.oneOf(['a']).default('b') } })).toThrow('its default');
    // @ts-expect-error the default of a secret needs its profiles
    expect(() => defineConfig({ fields: { X: env.string().secret().default('x'.repeat(32)) } })).toThrow();
    const only = ['production'] as const;
    // @ts-expect-error only development and test
    const production = () => env.string().secret().default('x'.repeat(32), { only });
    expect(() => defineConfig({ fields: { X: production() } })).toThrow('stands in the source code');
  });

  test('rules over names and values that do not fit', () => {
    const rules = defineConfig({
      fields: { A: env.int().optional(), B: env.bool().default(true) },
      rules: (rule) => [
        rule.check(['A'], 'A is positive', (c) => {
          expectTypeOf(c).toEqualTypeOf<{ readonly A: number | undefined }>();
          return true;
        }),
        // @ts-expect-error B is a boolean
        rule.equals('B', 'yes').requires('A'),
      ],
    });
    expect(rules.load({ env: {}, cwd: '/nonexistent' })).toEqual({ A: undefined, B: true });
  });
});
