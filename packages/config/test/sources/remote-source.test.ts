import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { spawnNode } from '@seaworthy/testkit';
import { describe, expect, test } from 'vitest';
import { defineConfig, env, type RemoteSource, sources } from '../../src/index.js';
import { configErrorFrom } from '../support/load-field.js';

const schema = defineConfig({ fields: { REGION: env.string(), PORT: env.port().default(1) } });

function fleet(fetch: RemoteSource['fetch']): RemoteSource {
  return { name: 'fleet', fetch };
}

function giving(values: Record<string, string>): RemoteSource {
  const origin = { source: 'fleet', at: 'the fleet server' };
  return fleet(async () => ({
    entries: Object.entries(values).map(([name, value]) => ({ name, value, origin })),
  }));
}

describe('a remote source of your own', () => {
  test('takes its place in the order of loadAsync, before and after sources that are not remote', async () => {
    const variables = { REGION: 'us' };
    const before = await schema.loadAsync({
      env: variables,
      sources: [giving({ REGION: 'eu' }), sources.env()],
    });
    const after = await schema.loadAsync({
      env: variables,
      sources: [sources.env(), giving({ REGION: 'eu' })],
    });
    expect([before.REGION, after.REGION]).toEqual(['us', 'eu']);
    expect(schema.explain(after)).toContain('the fleet server (shadows the process environment)');
    expect(Object.isFrozen(after)).toBe(true);
  });

  test('is refused by load, by type and with words', () => {
    // @ts-expect-error load is synchronous
    const load = () => schema.load({ sources: [giving({})] });
    expect(load).toThrow('load: the source fleet is remote and answers later: use await schema.loadAsync().');
    // @ts-expect-error loadOrExit is synchronous
    expect(() => schema.loadOrExit({ sources: [giving({})] })).toThrow('use await schema.loadAsync()');
  });

  test('is told what is declared, and which of it is secret', async () => {
    const told: unknown[] = [];
    const asking = fleet(async ({ names, profile, isSecret, env: variables, cwd }) => {
      told.push(names, profile, isSecret('REGION'), variables.APP_ENV, cwd);
      return { entries: [] };
    });
    const given = { env: { APP_ENV: 'staging', REGION: 'eu' }, cwd: '/x', sources: [sources.env(), asking] };
    await schema.loadAsync(given);
    expect(told).toEqual([['REGION', 'PORT', 'APP_ENV', 'NODE_ENV'], 'staging', false, 'staging', '/x']);
  });

  test('is asked together with the others, not after them', async () => {
    let waiting = 0;
    let release: () => void = () => undefined;
    const all = new Promise<void>((resolve) => {
      release = resolve;
    });
    const both = [1, 2].map(() =>
      fleet(async () => {
        waiting += 1;
        if (waiting === 2) release();
        await all;
        return { entries: [] };
      }),
    );
    await schema.loadAsync({ env: { REGION: 'eu' }, sources: [sources.env(), ...both] });
    expect(waiting).toBe(2);
  });

  test.each<[string, RemoteSource['fetch'], string]>([
    ['rejects', async () => JSON.parse('qzvkx'), 'threw an error'],
    [
      'throws at once',
      () => {
        throw new Error('qzvkx');
      },
      'threw an error',
    ],
    [
      'gives what is no text',
      (context, signal) => giving({ REGION: 7 as never }).fetch(context, signal),
      'no text',
    ],
    ['gives nothing at all', async () => undefined as never, 'threw an error'],
    ['never answers', () => new Promise(() => undefined), 'did not answer within 50 ms'],
  ])('that %s is one problem, without its message', async (_, fetch, message) => {
    const error = await configErrorFrom(schema.loadAsync({ env: {}, sources: [fleet(fetch)], timeout: 50 }));
    expect(error.problems).toMatchObject([{ code: 'unreadable', name: 'fleet' }]);
    expect(error.message).toContain(message);
    expect(inspect(error, { depth: 20 })).not.toContain('qzvkx');
  });

  test('is given up when the signal says so, with its reason', async () => {
    const controller = new AbortController();
    const loading = schema.loadAsync({
      env: {},
      sources: [fleet(() => new Promise(() => undefined))],
      signal: controller.signal,
    });
    controller.abort(new Error('shutting down'));
    await expect(loading).rejects.toThrow('shutting down');
  });
});

test('loadAsync without remote sources gives what load gives', async () => {
  const given = { env: { REGION: 'eu' }, sources: [sources.env()] };
  expect(await schema.loadAsync(given)).toEqual(schema.load(given));
});

test('loadAsyncOrExit prints the report and ends the process with code 1', async () => {
  await using child = spawnNode('--', {
    nodeOptions: [
      '--input-type=module',
      '-e',
      `import { defineConfig, env } from '@seaworthy/config';
       const source = { name: 'fleet', fetch: async () => ({ entries: [{ name: 'PORT', value: 'qzvkx', origin: { source: 'fleet', at: 'the fleet' } }] }) };
       await defineConfig({ fields: { PORT: env.port() } }).loadAsyncOrExit({ env: {}, sources: [source] });
       console.log('running');`,
    ],
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
  });
  expect(await child.exited).toEqual({ code: 1, signal: null });
  expect(child.stderr).toContain('1. PORT is not a whole number');
  expect(child.stderr).toContain('where:    the fleet');
  expect(child.stdout + child.stderr).not.toContain('qzvkx');
});

test('an unknown option of loadAsync is refused', async () => {
  // @ts-expect-error the option is called timeout
  await expect(schema.loadAsync({ timeoutMS: 1 })).rejects.toThrow('Did you mean "timeout"?');
});
