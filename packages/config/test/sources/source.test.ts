import { describe, expect, test } from 'vitest';
import { defineConfig, env, type Source, type SourceReading, sources } from '../../src/index.js';
import { configErrorOf } from '../support/load-field.js';

const schema = defineConfig({ fields: { REGION: env.string(), PORT: env.port().default(1) } });

function fleet(values: Record<string, string>): Source {
  return {
    name: 'fleet',
    read: () => ({
      entries: Object.entries(values).map(([name, value]) => ({
        name,
        value,
        origin: { source: 'fleet', at: 'the fleet file' },
      })),
    }),
  };
}

describe('a source of your own', () => {
  test('takes its place in the order', () => {
    const variables = { REGION: 'us' };
    const before = schema.load({ env: variables, sources: [fleet({ REGION: 'eu' }), sources.env()] });
    const after = schema.load({ env: variables, sources: [sources.env(), fleet({ REGION: 'eu' })] });
    expect([before.REGION, after.REGION]).toEqual(['us', 'eu']);
  });

  test('is named where its value is wrong', () => {
    const error = configErrorOf(() => schema.load({ env: {}, sources: [fleet({ REGION: ' eu' })] }));
    expect(error.problems).toMatchObject([{ name: 'REGION', origin: { at: 'the fleet file' } }]);
  });

  test('gives nothing that is not declared', () => {
    const config = schema.load({ env: {}, sources: [fleet({ REGION: 'eu', OTHER: 'x' })] });
    expect(Object.keys(config)).toEqual(['REGION', 'PORT']);
  });

  test.each([
    ['throws', () => JSON.parse('CANARY') as SourceReading],
    ['gives what is no text', () => fleet({ REGION: 7 as never }).read({} as never)],
    ['does not say where', () => ({ entries: [{ name: 'PORT', value: 'CANARY' } as never] })],
    ['gives no list', () => ({}) as never],
  ])('that %s is one problem, without its message', (_, read) => {
    const error = configErrorOf(() => schema.load({ env: {}, sources: [{ name: 'fleet', read }] }));
    expect(error.problems).toMatchObject([{ code: 'unreadable', name: 'fleet' }]);
    expect(error.message).not.toContain('CANARY');
  });
});

test('without env and cwd the process is asked at the time of load, not before', () => {
  process.env.REGION = 'from-the-process';
  try {
    expect(schema.load({ sources: [sources.env()] }).REGION).toBe('from-the-process');
  } finally {
    delete process.env.REGION;
  }
  expect(() => schema.load({ sources: [sources.env()] })).toThrow('REGION is not set');
});

test('an unknown option of load is refused', () => {
  // @ts-expect-error the option is called sources
  expect(() => schema.load({ source: [] })).toThrow('Did you mean "sources"?');
});

test.each([
  [[sources.env()], 'Set X in the environment.'],
  [[sources.files()], 'Set X_FILE to the path of a file that holds it.'],
  [
    [sources.dotenv(), sources.env(), { name: 'fleet', read: () => ({ entries: [] }) }],
    'Set X in the environment or in a dotenv file or in the source fleet.',
  ],
  [[], 'Add a source that gives X.'],
])('what is missing is to be set where a source would see it', (list, fix) => {
  const schema = defineConfig({ fields: { X: env.int() } });
  const error = configErrorOf(() => schema.load({ env: {}, cwd: '/nonexistent', sources: list }));
  expect(error.problems).toMatchObject([{ code: 'missing', fix }]);
});
