import { createServer } from 'node:http';
import { join } from 'node:path';
import { createProcessEvents } from '@seaworthy/contracts';
import { createFakeClock, waitFor } from '@seaworthy/testkit';
import Fastify from 'fastify';
import { describe, expect, onTestFinished, test } from 'vitest';
import TransportStream from 'winston-transport';
import { levelRoute as fastifyLevelRoute } from '../src/adapters/fastify.js';
import { levelRoute } from '../src/adapters/node.js';
import { answerLevel } from '../src/level-route.js';
import { fakeProcess } from './support/fake-process.js';
import { testLogger } from './support/memory-sink.js';
import { needsBuild, startFixture } from './support/run-fixture.js';
import { linesOf, tempFolder } from './support/temp-folder.js';

/** A transport that takes one line a turn. */
class Slow extends TransportStream {
  override log(_info: unknown, next: () => void): void {
    setImmediate(next);
  }
}

describe('lines that repeat', () => {
  test('are written at first and then now and then, and the rest is counted in a line of its own', async () => {
    const clock = createFakeClock();
    const { log, lines } = testLogger({ clock, sample: { first: 3, thereafter: 10, perMs: 1_000 } });
    for (let index = 0; index < 25; index += 1) log.warn('Cache is down', { index });
    log.info('Cache is down');
    log.warn('something else');
    expect(lines().map(({ level, index }) => [level, index])).toEqual([
      ['warn', 0],
      ['warn', 1],
      ['warn', 2],
      ['warn', 12],
      ['warn', 22],
      ['info', undefined],
      ['warn', undefined],
    ]);
    await clock.advance(1_000);
    expect(lines().at(-1)).toMatchObject({
      level: 'warn',
      message: 'Repeated lines were left out',
      repeated: 'Cache is down',
      dropped: 20,
    });
    expect(log.stats().sampled).toBe(20);
    log.warn('Cache is down', { index: 25 });
    expect(lines().at(-1)).toMatchObject({ index: 25 });
  });

  test('are counted to the end, and a disabled level counts nothing', () => {
    const { log, lines } = testLogger({ sample: { first: 1, thereafter: 100 } });
    for (let index = 0; index < 5; index += 1) log.debug('x');
    for (let index = 0; index < 5; index += 1) log.info('x');
    expect(lines()).toHaveLength(1);
    void log.close();
    expect(lines().at(-1)).toMatchObject({ dropped: 4 });
  });

  test('are counted message by message, each in a line of its own that is not sampled', async () => {
    const clock = createFakeClock();
    const { log, lines } = testLogger({ clock, sample: { first: 1, thereafter: 1_000 } });
    for (let index = 0; index < 5; index += 1) for (const message of ['A', 'B', 'C']) log.info(message);
    await clock.advance(1_000);
    expect(lines().slice(3)).toEqual(
      ['A', 'B', 'C'].map((repeated) => expect.objectContaining({ repeated, dropped: 4 })),
    );
  });

  test('may be errors, or objects with a message, or an object with an error in it', () => {
    const { log, lines } = testLogger({ sample: { first: 1, thereafter: 1_000 } });
    for (let index = 0; index < 5; index += 1) {
      log.error(new Error('Database is down'));
      log.error({ message: 'Database is down', index });
      log.warn({ message: new Error('Cache is down') });
      log.log({
        level: 'info',
        get message(): string {
          throw new Error('unreadable');
        },
      });
      log.info(7);
    }
    expect(lines().filter(({ level }) => level !== 'info')).toEqual([
      expect.objectContaining({ level: 'error', message: 'Database is down' }),
      expect.objectContaining({ level: 'warn', message: 'Cache is down' }),
    ]);
    expect(lines().filter(({ message }) => message === '7')).toHaveLength(5);
    void log.close();
    expect(
      lines().flatMap(({ level, dropped }) => (dropped === undefined ? [] : [[level, dropped]])),
    ).toEqual([
      ['error', 9],
      ['warn', 4],
      ['info', 4],
    ]);
  });

  test.each(['exit', 'uncaughtException'])(
    'are told of when the process comes to its %s, before the last line',
    (event) => {
      const { host, emit } = fakeProcess();
      const { log, lines } = testLogger({
        clock: createFakeClock(),
        process: createProcessEvents(host, { clock: createFakeClock() }),
        sample: { first: 1, thereafter: 1_000 },
      });
      for (let index = 0; index < 5; index += 1) log.info('x');
      log.error('Uncaught exception'); // which does not make the next one a repeat
      emit(event, new Error('boom'));
      log.info('x');
      log.info('x');
      expect(lines().map(({ message, dropped }) => dropped ?? message)).toEqual([
        'x',
        'Uncaught exception',
        4,
        ...(event === 'exit' ? [] : ['Uncaught exception']),
        'x',
        'x', // nobody could tell of it any more
      ]);
    },
  );

  test('are told of also where they repeat while close() waits', async () => {
    const { log, lines } = testLogger({ sample: { first: 1, thereafter: 1_000 } });
    log.add(new Slow());
    log.info('x');
    const closing = log.close();
    for (let index = 0; index < 5; index += 1) log.info('x');
    await closing;
    expect(lines().at(-1)).toMatchObject({ repeated: 'x', dropped: 4 });
  });

  test('are remembered up to 1 MB of text', () => {
    const { log, lines } = testLogger({ sample: { first: 1, thereafter: 100 } });
    const long = ['a', 'b', 'c'].map((letter) => letter.repeat(400_000));
    for (let index = 0; index < 3; index += 1) for (const message of long) log.info(message);
    expect(lines()).toHaveLength(5); // the third message is written each time
  });

  test('that are too many to remember are all written', () => {
    const { log, lines } = testLogger({ sample: { first: 1, thereafter: 100 } });
    for (let index = 0; index < 1_500; index += 1) log.info(`message ${index}`);
    for (let index = 1_400; index < 1_500; index += 1) log.info(`message ${index}`);
    expect(lines()).toHaveLength(1_600);
  });

  test('a wrong sample is refused', () => {
    expect(() => testLogger({ sample: { first: 0 } })).toThrow(/"first"/);
    expect(() => testLogger({ sample: {}, direct: false })).toThrow(/direct: false/);
    // @ts-expect-error a misspelt option
    expect(() => testLogger({ sample: { frist: 1 } })).toThrow(/Did you mean "first"/);
  });
});

describe('the level at runtime', () => {
  test('[row 80] changes by a signal and back by the next, when that was asked for', async () => {
    const { host, emit, listensTo } = fakeProcess();
    const { log, lines } = testLogger({
      process: createProcessEvents(host),
      debugOn: 'SIGUSR2',
      level: 'warn',
    });
    log.debug('before');
    emit('SIGUSR2');
    log.child({}).debug('during');
    emit('SIGUSR2');
    log.debug('after');
    log.info('after');
    expect(lines().map(({ message }) => message)).toEqual(['during']);
    await log.close();
    expect(listensTo('SIGUSR2')).toBe(false);
    expect(() => testLogger({ debugOn: 'SIGUSR2' })).toThrow(/process: false/);
  });

  test('[row 80] of a process changes when it gets SIGUSR2, and back when it gets it again', async () => {
    needsBuild();
    const path = join(tempFolder(), 'a.log');
    const { child, exited, output } = startFixture('level', [path]);
    const said = () => output.stdout.split('\n').slice(0, -1);
    const says = (level: string) =>
      waitFor(() => said().at(-1)?.startsWith(level), { what: `the level ${level}`, timeoutMs: 30_000 });
    await says('info');
    child.kill('SIGUSR2');
    await says('debug');
    child.kill('SIGUSR2');
    await says('info');
    child.kill('SIGTERM');
    await exited;
    const atDebug = said().filter((text) => text.startsWith('debug'));
    expect(linesOf(path).map(({ level, tick }) => `${String(level)} ${String(tick)}`)).toEqual(atDebug);
    expect(atDebug.length).toBeGreaterThan(0);
  });

  test.each([
    ['node:http', (log: { level: string }) => createServer(levelRoute(log))],
    [
      'Fastify',
      async (log: { level: string }) => {
        const app = Fastify();
        app.route({ method: ['GET', 'PUT', 'POST'], url: '/', handler: fastifyLevelRoute(log) });
        await app.ready();
        return app.server;
      },
    ],
  ])(
    '[row 80] is shown and changed by a route of %s, which refuses a level that is none',
    async (_host, create) => {
      const { log, lines } = testLogger();
      const server = await create(log);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      onTestFinished(() => void server.close());
      const address = server.address();
      const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;
      const ask = async (method: string, query = '') => {
        const response = await fetch(`${url}${query}`, { method });
        expect(response.headers.get('cache-control')).toBe('no-store');
        return [response.status, await response.json()];
      };
      expect(await ask('GET')).toEqual([200, { level: 'info' }]);
      expect(await ask('PUT', '?level=debug')).toEqual([200, { level: 'debug' }]);
      log.debug('now');
      expect(lines().map(({ message }) => message)).toEqual(['now']);
      expect(await ask('PUT', '?level=debgu')).toEqual([400, { error: expect.stringMatching(/"debug"/) }]);
      expect(await ask('PUT', '?level=constructor')).toMatchObject([400, {}]);
      expect(await ask('PUT')).toMatchObject([400, {}]);
      expect((await ask('POST'))[0]).toBe(405);
      expect(log.level).toBe('debug');
    },
  );

  test('is refused, not a crash, where the URL is none', () => {
    const { log } = testLogger();
    expect(answerLevel(log, 'PUT', '//')).toMatchObject({ statusCode: 400 });
    expect(answerLevel(log, 'PUT', '//?level=debug')).toMatchObject({ statusCode: 200 });
    expect(log.level).toBe('debug');
  });
});
