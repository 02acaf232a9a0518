import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { systemClock } from '@seaworthy/contracts';
import { createFakeClock, spawnNode, waitFor } from '@seaworthy/testkit';
import { describe, expect, expectTypeOf, test } from 'vitest';
import { defineConfig, env, type RemoteSource, sources, type WatchOptions } from '../../src/index.js';
import { configErrorFrom } from '../support/load-field.js';
import { tempFolder } from '../support/temp-folder.js';

const schema = defineConfig({
  fields: {
    MIN: env.int().default(0),
    MAX: env.int().default(10),
    KEY: env.string().secret({ minBytes: 4 }).optional(),
  },
  rules: (rule) => [rule.check(['MIN', 'MAX'], 'MIN is at most MAX', ({ MIN, MAX }) => MIN <= MAX)],
});

/** A watch of one dotenv file, moved by a clock of the test and by `refresh` alone. */
async function watchDotenv(text: string, options: WatchOptions = {}) {
  const cwd = tempFolder();
  const write = (next: string) => writeFileSync(join(cwd, '.env'), next);
  write(text);
  const live = await schema.watch({
    env: { APP_ENV: 'development' },
    cwd,
    clock: createFakeClock(),
    ...options,
  });
  const changes: unknown[] = [];
  const rejections: unknown[] = [];
  live.on('change', ({ changed }) => changes.push(changed));
  live.on('rejected', ({ problems }) => rejections.push(problems.map(({ name }) => name)));
  return { live, write, changes, rejections, cwd };
}

describe('a snapshot', () => {
  test('is replaced as a whole by the next valid one, and never changes itself', async () => {
    const { live, write, changes } = await watchDotenv('MIN=1\nMAX=2\nKEY=first-key');
    const first = live.current;
    write('MIN=5\nMAX=6\nKEY=other-key');
    await live.refresh();
    expect([first.MIN, first.MAX, first.KEY?.reveal()]).toEqual([1, 2, 'first-key']);
    expect([live.current.MIN, live.current.MAX, live.current.KEY?.reveal()]).toEqual([5, 6, 'other-key']);
    expect(Object.isFrozen(live.current)).toBe(true);
    expect(changes).toEqual([['MIN', 'MAX', 'KEY']]);
    expect(schema.explain(live.current)).toContain('.env:3');
    expectTypeOf(live.current).toEqualTypeOf<ReturnType<typeof schema.load>>();
    live.on('change', ({ changed }) =>
      expectTypeOf(changed).toEqualTypeOf<readonly ('MIN' | 'MAX' | 'KEY')[]>(),
    );
    await live.close();
  });

  test('stays the same object when no text differs', async () => {
    const { live, write, changes } = await watchDotenv('MIN=1');
    const first = live.current;
    write('# a comment\nMIN="1"\n');
    await live.refresh();
    expect(live.current).toBe(first);
    expect(changes).toEqual([]);
    await live.close();
  });

  test('follows a variable that goes back to its default, and one that is set for the first time', async () => {
    const { live, write, changes } = await watchDotenv('MAX=5');
    write('MIN=1');
    await live.refresh();
    expect(live.current).toMatchObject({ MIN: 1, MAX: 10 });
    expect(changes).toEqual([['MIN', 'MAX']]);
    await live.close();
  });

  test('stays when the next one is invalid: by a field, or only by a rule between two that are valid alone', async () => {
    const { live, write, changes, rejections } = await watchDotenv('MIN=1\nMAX=2');
    const first = live.current;
    write('MIN=x\nMAX=20');
    await live.refresh();
    write('MIN=9\nMAX=2');
    await live.refresh();
    expect(live.current).toBe(first);
    expect(changes).toEqual([]);
    expect(rejections).toEqual([['MIN'], ['MIN']]);
    await live.close();
  });

  test('takes over once the next one is valid again, and then nothing is rejected any more', async () => {
    const { live, write, rejections } = await watchDotenv('MIN=1');
    write('MIN=x');
    await live.refresh();
    await live.refresh();
    expect(rejections).toEqual([['MIN']]); // told once
    expect(live.rejection?.problems).toHaveLength(1);
    write('MIN=2');
    await live.refresh();
    expect([live.current.MIN, live.rejection]).toEqual([2, undefined]);
    write('MIN=x');
    await live.refresh();
    expect(rejections).toHaveLength(2); // told again, after it was mended in between
    await live.close();
  });
});

test('a next one that cannot be copied is rejected like any other, by the timers as by refresh', async () => {
  const clock = createFakeClock();
  const cwd = tempFolder();
  const write = (json: string) => writeFileSync(join(cwd, '.env'), `LIMITS='${json}'`);
  write('[1]');
  const nested = defineConfig({ fields: { LIMITS: env.json() } });
  const live = await nested.watch({ env: {}, cwd, clock, filePoll: '1s' });
  write(`${'['.repeat(30_000)}${']'.repeat(30_000)}`);
  await clock.advance(1_000);
  await live.refresh();
  expect([live.current.LIMITS, live.rejection?.problems.length]).toEqual([[1], 1]);
  write('[2]');
  await live.refresh();
  expect([live.current.LIMITS, live.rejection]).toEqual([[2], undefined]);
  await live.close();
});

test('a configuration that is wrong at the start is refused as by load', async () => {
  const error = await configErrorFrom(schema.watch({ env: { MIN: 'x' }, sources: [sources.env()] }));
  expect(error.problems).toMatchObject([{ name: 'MIN' }]);
});

test('rejections and changes hold no value, in events as in the log', async () => {
  const canary = 'qzvkxjwpbfygmhd';
  const lines: unknown[] = [];
  const note = (...line: unknown[]) => void lines.push(line);
  const { live, write } = await watchDotenv(`KEY=${canary}`, {
    logger: { error: note, warn: note, info: note, debug: note },
  });
  live.on('rejected', (error) => lines.push(error, error.problems, error.stack));
  live.on('change', (change) => lines.push(change));
  write(`KEY=${canary}2`);
  await live.refresh();
  write(`KEY=${canary}3\nMIN=${canary}`);
  await live.refresh();
  expect(lines).toHaveLength(6);
  expect(inspect([lines, live], { depth: 20, showHidden: true })).not.toContain(canary);
  expect(JSON.stringify(lines)).not.toContain(canary);
  await live.close();
});

describe('events', () => {
  test('many at once are one look, after a moment of quiet', async () => {
    const { live, write, changes } = await watchDotenv('MAX=20', {
      debounce: 100,
      filePoll: 3_600_000,
      clock: systemClock,
    });
    for (let n = 1; n <= 50; n += 1) write(`MAX=${20 + n}`);
    await waitFor(() => live.current.MAX === 70);
    expect(changes.length).toBeLessThanOrEqual(2);
    await live.close();
  });

  test('without end are looked at all the same', async () => {
    const { live, write } = await watchDotenv('MAX=20', {
      debounce: 200,
      filePoll: 3_600_000,
      clock: systemClock,
    });
    let n = 20;
    const busy = setInterval(() => write(`MAX=${++n}`), 5);
    try {
      await waitFor(() => live.current.MAX > 20, { what: 'a look although it is never quiet' });
    } finally {
      clearInterval(busy);
      await live.close();
    }
  });

  test('of other files in the same folder are no reason to look', async () => {
    const clock = createFakeClock();
    const { live, cwd } = await watchDotenv('MAX=20', { clock });
    const timers = clock.pending;
    for (let n = 0; n < 20; n += 1) writeFileSync(join(cwd, `log-${n}`), 'x');
    await new Promise((resolve) => setTimeout(resolve, 50)); // time for events that must not count
    expect(clock.pending).toBe(timers);
    await live.close();
  });
});

describe('a remote source', () => {
  /** Gives what the test says, and counts. */
  function fleet(first: Record<string, string>) {
    const state = { values: first, asked: 0, failing: false };
    const source: RemoteSource = {
      name: 'fleet',
      async fetch() {
        state.asked += 1;
        if (state.failing) throw new Error('qzvkx');
        const origin = { source: 'fleet', at: 'the fleet' };
        return { entries: Object.entries(state.values).map(([name, value]) => ({ name, value, origin })) };
      },
    };
    return { state, source };
  }

  test.each([Number.NaN, Number.NEGATIVE_INFINITY, -1, Number.POSITIVE_INFINITY, '5' as never])(
    'that wants to be asked again within %j is asked at remotePoll',
    async (refreshWithinMs) => {
      const clock = createFakeClock();
      let asked = 0;
      const source: RemoteSource = {
        name: 'fleet',
        fetch: async () => {
          asked += 1;
          return { entries: [], refreshWithinMs };
        },
      };
      const { live } = await watchDotenv('', { clock, sources: [source], remotePoll: 10_000 });
      await clock.advance(7_900);
      expect(asked).toBe(1);
      await clock.advance(2_100);
      expect(asked).toBe(2);
      await live.close();
    },
  );

  test('is polled at remotePoll, shortened by up to a fifth', async () => {
    const clock = createFakeClock();
    const { state, source } = fleet({ MAX: '20' });
    const { live } = await watchDotenv('', { clock, sources: [source], remotePoll: 10_000 });
    expect(state.asked).toBe(1);
    await clock.advance(7_900);
    expect(state.asked).toBe(1);
    state.values = { MAX: '30' };
    await clock.advance(2_100);
    expect([state.asked, live.current.MAX]).toEqual([2, 30]);
    const waits = new Set<number>();
    while (state.asked === 2) await clock.advance(100);
    for (let n = 0; n < 20; n += 1) {
      const before = state.asked;
      let waited = 0;
      for (; state.asked === before; waited += 100) await clock.advance(100);
      waits.add(waited);
      expect(waited).toBeGreaterThanOrEqual(7_900);
      expect(waited).toBeLessThanOrEqual(10_000);
    }
    expect(waits.size).toBeGreaterThan(3);
    await live.close();
  });

  test('that fails keeps what it gave, and files go on being followed meanwhile', async () => {
    const clock = createFakeClock();
    const { state, source } = fleet({ MAX: '20' });
    const list = [sources.dotenv(), source];
    const { live, write, rejections } = await watchDotenv('MIN=1', { clock, sources: list });
    state.failing = true;
    await clock.advance(200_000);
    expect(rejections).toEqual([['fleet']]);
    write('MIN=2');
    await clock.advance(5_000);
    expect(live.current).toMatchObject({ MIN: 2, MAX: 20 });
    expect(live.rejection?.problems).toMatchObject([{ name: 'fleet' }]);
    expect(inspect(live.rejection)).not.toContain('qzvkx');
    state.failing = false;
    await clock.advance(60_000);
    expect(live.rejection).toBeUndefined();
    await live.close();
  });

  test('whose new value is invalid is rejected, and a fault of the files is told as theirs', async () => {
    const clock = createFakeClock();
    const { state, source } = fleet({ MAX: '20' });
    const { live, write, rejections } = await watchDotenv('MIN=1', {
      clock,
      sources: [sources.dotenv(), source],
    });
    state.values = { MAX: 'x' };
    await live.refresh();
    expect(rejections).toEqual([['MAX']]);
    state.values = { MAX: '20' };
    write('MIN=x');
    await live.refresh();
    expect(live.rejection?.problems).toMatchObject([{ name: 'MIN' }]);
    write('MIN=2');
    await clock.advance(5_000);
    expect(live.rejection?.problems).toMatchObject([{ name: 'MAX' }]); // not asked again yet
    await live.refresh();
    expect([live.rejection, live.current.MIN]).toEqual([undefined, 2]);
    await live.close();
  });

  test('is asked once more for all who ask while it is asked', async () => {
    const { state, source } = fleet({});
    const { live } = await watchDotenv('', { sources: [source] });
    await Promise.all([live.refresh(), live.refresh(), live.refresh(), live.refresh()]);
    expect(state.asked).toBe(3);
    await live.close();
  });

  test('that never answers is a problem at timeout, and is told to stop', async () => {
    const clock = createFakeClock();
    let told: AbortSignal | undefined;
    const { state, source } = fleet({});
    const { live, rejections } = await watchDotenv('', {
      clock,
      timeout: 1_000,
      sources: [
        {
          name: 'hanging',
          fetch: (context, signal) => {
            if (state.asked++ === 0) return source.fetch(context, signal);
            told = signal;
            return new Promise(() => undefined);
          },
        },
      ],
    });
    const done = live.refresh();
    await clock.advance(1_000);
    await done;
    expect([rejections, told?.aborted]).toEqual([[['hanging']], true]);
    await live.close();
  });
});

describe('close', () => {
  test('ends timers, events and a question under way, and no snapshot changes afterwards', async () => {
    const clock = createFakeClock();
    let told: AbortSignal | undefined;
    let asked = 0;
    const hanging: RemoteSource = {
      name: 'hanging',
      fetch: async (_, signal) => {
        asked += 1;
        if (asked === 1) return { entries: [] };
        told = signal;
        return new Promise(() => undefined);
      },
    };
    const { live, write, changes, rejections } = await watchDotenv('MIN=1', {
      clock,
      sources: [sources.dotenv(), hanging],
    });
    const under = live.refresh();
    await live.close();
    await under;
    expect([told?.aborted, clock.pending]).toEqual([true, 0]);
    write('MIN=2');
    await live.refresh();
    await clock.advance(100_000);
    expect([live.current.MIN, changes, rejections, asked]).toEqual([1, [], [], 2]);
    expect(live.close()).toBe(live.close());
  });

  test('is what await using does', async () => {
    const clock = createFakeClock();
    {
      await using live = (await watchDotenv('MIN=1', { clock })).live;
      expect(live.current.MIN).toBe(1);
    }
    expect(clock.pending).toBe(0);
  });
});

describe('in a process', () => {
  const script = fileURLToPath(new URL('../fixtures/watching.mjs', import.meta.url));

  test('a watch that nobody closes does not keep it alive', async () => {
    expect(existsSync(fileURLToPath(new URL('../../dist/watch/watch-config.js', import.meta.url)))).toBe(
      true,
    );
    await using child = spawnNode(script, { env: { NAME: 'a' } });
    expect(await child.exited).toEqual({ code: 0, signal: null });
    expect(child.stdout).toBe('watching a\n');
  });

  test('what a listener throws is an uncaught exception, and the other listeners are told', async () => {
    const path = join(tempFolder(), 'name');
    writeFileSync(path, 'a');
    await using child = spawnNode(script, { env: { NAME_FILE: path, HANDLING: 'throw' } });
    await child.output(/watching a/);
    writeFileSync(path, 'b');
    expect(await child.exited).toEqual({ code: 3, signal: null });
    expect(child.stdout).toContain('told b');
    expect(child.stdout).toContain('uncaught a listener failed');
  });
});

test.each([
  [{ filePoll: 0 }, 'filePoll'],
  [{ remotePoll: 1 }, 'remotePoll'],
  [{ debounce: -1 }, 'debounce'],
  [{ timeout: 0 }, 'timeout'],
  [{ pollMs: 5 } as never, 'unknown option "pollMs"'],
])('options that can never work are refused: %j', async (options, message) => {
  await expect(schema.watch(options)).rejects.toThrow(message);
});

test('an event that does not exist is refused', async () => {
  const { live, cwd } = await watchDotenv('');
  // @ts-expect-error there is no such event
  expect(() => live.on('changed', () => undefined)).toThrow("'change' or 'rejected'");
  await live.close();
  rmSync(cwd, { recursive: true });
});
