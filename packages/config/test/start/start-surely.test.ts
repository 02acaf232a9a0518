import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { inspect } from 'node:util';
import { Secret } from '@seaworthy/contracts';
import { size } from '@seaworthy/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ConfigSchema } from '../../src/config-schema.js';
import { type ConfigOptions, declareConfig, type Fields } from '../../src/define-config.js';
import { env as fullEnv } from '../../src/env.js';
import { fieldKey } from '../../src/field.js';
import { ConfigError, defineConfig, env, type Field } from '../../src/index.js';
import { profileIn } from '../../src/profile.js';
import { readSurely } from '../../src/start/read-surely.js';
import { factsOf } from '../../src/start/sketch.js';
import { startSurely } from '../../src/start/start-surely.js';
import { sureDeclaration } from '../../src/start/sure-declaration.js';
import {
  anyRecipe,
  anyText,
  type Case,
  cases,
  kinds,
  type Recipe,
  trickyTexts,
} from '../support/random-cases.js';
import { tempFolder } from '../support/temp-folder.js';

function titleOf([[method, given] = ['', []]]: Recipe): string {
  return `env.${method}(${given.map((option) => inspect(option)).join(', ')})`;
}

function make(builders: typeof env, recipe: Recipe): Field {
  let made: unknown = builders;
  for (const [method, given] of recipe) {
    const values = method === 'list' ? [make(builders, given[0] as Recipe), given[1]] : given;
    made = (made as Record<string, (...values: readonly unknown[]) => unknown>)[method]?.(...values);
  }
  return made as Field;
}

function optionsOf(builders: typeof env, { fields, rules, unknown }: Case): ConfigOptions<Fields> {
  return {
    fields: Object.fromEntries(
      Object.entries(fields).map(([name, recipe]) => [name, make(builders, recipe)]),
    ),
    ...(unknown === undefined ? {} : { unknown }),
    rules: (rule) =>
      rules.map(([kind, [first, second]]) => {
        if (kind === 'profile') return rule.profile('production').requires(first);
        if (kind === 'equals') return rule.equals(first, 'true').requires(second);
        if (kind === 'set') return rule.set(first).requires(second);
        if (kind === 'together') return rule.together(first, second);
        if (kind === 'unknown') return rule.set(first).requires('NOT_DECLARED');
        return rule.check([first, second], 'are alike', (values) => {
          if (kind === 'throwing') throw new Error('no');
          if (kind === 'promise') return Promise.reject(new Error('no')) as unknown as boolean;
          return typeof values[first] === typeof values[second];
        });
      }),
  };
}

/** Everything that can be seen of a schema and of what it loads. */
function outcome(define: () => ConfigSchema<object>, environment: Case['environment']): unknown {
  try {
    const schema = define();
    const documents = [schema.toEnvExample(), schema.toMarkdown(), schema.toJSONSchema(), schema.exposures];
    try {
      const config = schema.load({ env: environment, cwd: '/nonexistent' });
      const values = Object.entries(config).map(([name, value]) => [name, plain(value), isFrozen(value)]);
      const about = [schema.explain(config), schema.origins(config), schema.warnings(config)];
      return [documents, values, about, schema.profileOf(config), schema.publicValues(config)];
    } catch (error) {
      if (!ConfigError.is(error)) throw error;
      return [documents, error.message, error.problems, error.profile];
    }
  } catch (error) {
    return error instanceof Error ? [error.name, error.message] : error;
  }
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  return Secret.is(value) ? ['secret', String(value), value.reveal()] : value;
}

function isFrozen(value: unknown): boolean {
  return Secret.is(value) || Object.isFrozen(value);
}

const full = (given: Case) => () => declareConfig(optionsOf(fullEnv, given), {}).schema;
const starting = (given: Case) => () =>
  defineConfig(optionsOf(env, given)) as unknown as ConfigSchema<object>;

/** Whether the few lines of the start vouch for it on their own. */
function isSure(given: Case): boolean {
  try {
    const declared = sureDeclaration(optionsOf(env, given));
    if (declared === undefined) return false;
    const { schema, profile } = declared;
    return (
      startSurely(schema, given.environment, '/nonexistent', profileIn(given.environment, profile)) !==
      undefined
    );
  } catch {
    return false;
  }
}

describe('a start that files have a say in is not done alone', () => {
  const schema = defineConfig({ fields: { PORT: env.port().default(3001) } });

  test('with a dotenv file of the profile', () => {
    const cwd = tempFolder();
    expect(schema.load({ env: {}, cwd })).toEqual({ PORT: 3001 });
    writeFileSync(join(cwd, '.env.production.local'), 'PORT=4000');
    expect(schema.load({ env: {}, cwd })).toEqual({ PORT: 4000 });
  });

  test('with a link to a dotenv file that is swapped in a mounted volume', () => {
    const cwd = tempFolder();
    const volume = tempFolder();
    mkdirSync(join(volume, '1'));
    writeFileSync(join(volume, '1', 'env'), 'PORT=4000');
    symlinkSync('1', join(volume, '..data'));
    symlinkSync(join(volume, '..data', 'env'), join(cwd, '.env'));
    expect(schema.load({ env: {}, cwd })).toEqual({ PORT: 4000 });
  });

  test('with a file that X_FILE names', () => {
    const cwd = tempFolder();
    writeFileSync(join(cwd, 'port'), '4000\n');
    expect(schema.load({ env: { PORT_FILE: 'port' }, cwd })).toEqual({ PORT: 4000 });
  });

  test('with a relative folder', () => {
    const folder = relative(process.cwd(), tempFolder());
    writeFileSync(join(folder, '.env'), 'PORT=4000');
    expect(schema.load({ env: {}, cwd: folder })).toEqual({ PORT: 4000 });
  });
});

describe('what the start reads a text as is what the full field reads it as', () => {
  test.each(kinds.map((recipe) => [titleOf(recipe), recipe] as const))('%s', (_, recipe) => {
    const facts = factsOf(make(env, recipe));
    if (facts === undefined) throw new Error('The start does not know this kind.');
    const { parse } = make(fullEnv, recipe)[fieldKey];
    fc.assert(
      fc.property(trickyTexts, (text) => {
        const value = readSurely(facts, text);
        if (value !== undefined) expect({ value }).toEqual(parse(text));
      }),
      { numRuns: size({ test: 3_000, soak: 200_000 }) },
    );
  });
});

describe('what the start does alone is what the whole package does', () => {
  test('for random fields, rules and environments', () => {
    let sure = 0;
    let all = 0;
    fc.assert(
      fc.property(cases, (given) => {
        expect(outcome(starting(given), given.environment)).toEqual(outcome(full(given), given.environment));
        all += 1;
        if (isSure(given) && Object.keys(given.fields).length > 0) sure += 1;
      }),
      { numRuns: size({ test: 600, soak: 50_000 }) },
    );
    expect(sure / all).toBeGreaterThan(0.05);
  });

  test('for each text that a field may be set to', () => {
    let sure = 0;
    let all = 0;
    fc.assert(
      fc.property(anyRecipe, anyText, fc.constantFrom('test', 'production'), (recipe, text, profile) => {
        const environment = { APP_ENV: profile, A: text };
        const given = { fields: { A: recipe }, environment, rules: [], unknown: undefined };
        expect(outcome(starting(given), environment)).toEqual(outcome(full(given), environment));
        all += 1;
        if (isSure(given)) sure += 1;
      }),
      { numRuns: size({ test: 1_000, soak: 100_000 }) },
    );
    expect(sure / all).toBeGreaterThan(0.05);
  });
});
