import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { OptionsError } from '@seaworthy/contracts';
import { waitFor } from '@seaworthy/testkit';
import { describe, expect, test } from 'vitest';
import winston from 'winston';
import TransportStream from 'winston-transport';
import { createLogger, file, withContext } from '../src/index.js';
import { memorySink, testLogger } from './support/memory-sink.js';
import { needsBuild, startFixture } from './support/run-fixture.js';
import { linesOf, parseLines, tempFolder } from './support/temp-folder.js';

type Info = winston.Logform.TransformableInfo;

const MESSAGE = Symbol.for('message');
const LEVEL = Symbol.for('level');

/** A transport as somebody else writes it. */
class Collector extends TransportStream {
  readonly infos: Info[] = [];
  override log(info: Info, next: () => void): void {
    this.infos.push(info);
    next();
  }
}

describe.each([
  ['the direct path', true],
  ['winston’s pipeline', false],
])('a winston logger on %s', (_name, direct) => {
  test('is one, and so are its children', () => {
    const { log } = testLogger({ direct });
    expect(log).toBeInstanceOf(winston.Logger);
    expect(log.child({})).toBeInstanceOf(winston.Logger);
    const accepts: winston.Logger = log;
    expect(accepts.isDebugEnabled()).toBe(false);
  });

  test('gives added transports the redacted info, with level and message as winston’s symbols', () => {
    const { log, texts } = testLogger({ direct });
    const collector = new Collector();
    log.add(collector);
    log.child({ module: 'm' }).warn('Login', { user: 'ada', password: 'canary', url: '/a?token=canary' });
    expect(collector.infos).toEqual([
      expect.objectContaining({
        level: 'warn',
        message: 'Login',
        module: 'm',
        user: 'ada',
        password: '[redacted]',
      }),
    ]);
    expect(collector.infos[0]?.[LEVEL]).toBe('warn');
    expect(`${collector.infos[0]?.[MESSAGE]}\n`).toBe(texts[0]);
    expect(JSON.stringify(collector.infos)).not.toContain('canary');
  });

  test('gives a transport neither lines below its level nor lines after its removal', () => {
    const { log, lines } = testLogger({ direct });
    const errors = new Collector({ level: 'error' });
    const verbose = new Collector({ level: 'debug' });
    log.add(errors).add(verbose);
    for (const level of ['error', 'info', 'debug'] as const) log[level](level);
    log.remove(errors).remove(verbose);
    log.error('later');
    expect(errors.infos.map(({ level }) => level)).toEqual(['error']);
    expect(verbose.infos.map(({ level }) => level)).toEqual(['error', 'info', 'debug']);
    expect(lines().map(({ message }) => message)).toEqual(['error', 'info', 'later']);
  });

  test('applies a format to what transports get, after redaction, and not to the sinks', () => {
    const { log, lines } = testLogger({
      direct,
      format: winston.format.combine(
        winston.format((info) =>
          info.hidden === true ? false : { ...info, message: `<${String(info.message)}>` },
        )(),
        winston.format.simple(),
      ),
    });
    const collector = new Collector();
    log.add(collector);
    log.info('shown', { token: 'canary' });
    log.info('hidden from transports', { hidden: true, exception: true });
    expect(collector.infos).toHaveLength(1);
    expect(collector.infos[0]?.[MESSAGE]).toMatch(/^info: <shown> .*\[redacted\]/);
    expect(lines().map(({ message }) => message)).toEqual(['shown', 'hidden from transports']);
  });

  test('lists its sinks among the transports, where they can be silenced, given a level and removed', () => {
    const one = memorySink();
    const two = memorySink('debug');
    const { log } = testLogger({ direct, sinks: [one, two] });
    const [first, second] = log.transports;
    expect(second?.level).toBe('debug');
    log.info('both');
    if (first !== undefined) first.silent = true;
    log.info('two only');
    if (second !== undefined) log.remove(second);
    if (first !== undefined) first.silent = false;
    log.info('one only');
    expect(one.lines().map(({ message }) => message)).toEqual(['both', 'one only']);
    expect(two.lines().map(({ message }) => message)).toEqual(['both', 'two only']);
  });

  test('can be reconfigured, with everything that follows going the new way', () => {
    const { log, lines } = testLogger({ direct });
    const collector = new Collector();
    log.info('before');
    log.configure({ level: 'debug', transports: [collector], defaultMeta: { build: 7 } });
    log.debug('after', { password: 'canary' });
    expect(lines().map(({ message }) => message)).toEqual(['before']);
    expect(collector.infos).toEqual([
      expect.objectContaining({ message: 'after', build: 7, service: 'shop', password: '[redacted]' }),
    ]);
  });

  test('keeps its level in configure where winston’s default is none', () => {
    const { log, texts } = testLogger({ direct, levels: { fatal: 0, note: 1 }, level: 'note' });
    const collector = new Collector();
    log.configure({ transports: [collector] });
    log.log('note', 'heard');
    expect(collector.infos.map(({ message }) => message)).toEqual(['heard']);
    expect([log.level, texts.length]).toEqual(['note', 0]);
  });

  test.each<[string, winston.LoggerOptions]>([
    ['a level that is none', { level: 'loud', transports: [] }],
    ['levels of which none is known', { levels: { a: 0 } }],
    ['a transport that is none', { transports: [new Collector(), {} as never] }],
  ])('is left as it is by configure with %s', (_what, options) => {
    const { log, lines } = testLogger({ direct });
    expect(() => log.configure(options)).toThrow(OptionsError);
    log.info('heard');
    expect(lines()).toHaveLength(1);
  });

  test.each(['', null])('gives a transport with the level %j what the logger’s level says', (level) => {
    const { log } = testLogger({ direct });
    const collector = new Collector({ level: level as string });
    log.add(collector);
    log.info('heard');
    log.debug('unheard');
    expect(collector.infos.map(({ message }) => message)).toEqual(['heard']);
  });

  test('does not throw whatever a format does, and counts it', () => {
    const format = winston.format(() => {
      throw new Error('format bug');
    })();
    const { log, lines } = testLogger({ direct, format });
    log.add(new Collector());
    log.info('one');
    log.info('two');
    expect(lines().map(({ message }) => message)).toEqual(['one', 'two']);
    expect(log.stats().failed).toBe(2);
  });

  test('lets a child have a level of its own, and be silent', () => {
    const { log, lines } = testLogger({ direct });
    const child = log.child({ module: 'm' });
    child.level = 'debug';
    child.debug('heard');
    log.debug('unheard');
    child.silent = true;
    child.error('silenced');
    child.write({ level: 'error', message: 'silenced' });
    log.error('heard too');
    expect(lines().map(({ message }) => message)).toEqual(['heard', 'heard too']);
  });

  test('writes what a child is given as one object with the child’s fields', () => {
    const { log, lines } = testLogger({ direct, fields: { version: '1' } });
    const child = log.child({ module: 'm', service: 'forged', level: 'forged' });
    child.write({ level: 'warn', message: 'written', a: 1 });
    child.profile('p');
    child.profile('p');
    for (const line of lines()) {
      expect(line).toMatchObject({ module: 'm', version: '1', service: 'shop', service_: 'forged' });
    }
    expect(lines().map(({ message }) => message)).toEqual(['written', 'p']);
  });

  test('writes fields that were changed in defaultMeta, or put in its place', () => {
    const { log, lines } = testLogger({ direct, fields: { build: 1, region: 'eu' } });
    const child = log.child({ module: 'm' });
    child.info('before');
    log.defaultMeta.build = 2;
    child.info('changed');
    delete log.defaultMeta.region;
    Object.assign(log.defaultMeta, { zone: 'b', build: 3 });
    log.info('again');
    log.defaultMeta = { build: 4 };
    child.info('replaced');
    child.defaultMeta = { build: 5 };
    child.info('of the child');
    log.info('last');
    expect(lines().map(({ build, region, zone, module }) => [build, region, zone, module])).toEqual([
      [1, 'eu', undefined, 'm'],
      [2, 'eu', undefined, 'm'],
      [3, undefined, 'b', undefined],
      [4, undefined, undefined, 'm'],
      [5, undefined, undefined, 'm'],
      [4, undefined, undefined, undefined],
    ]);
  });

  test('takes what another winston logger pipes into it, once', () => {
    const { log, lines } = testLogger({ direct });
    const other = winston.createLogger({ format: winston.format.splat() });
    other.pipe(log);
    other.info('with data', { a: 1 });
    other.warn('%s paid', 'Ada', { b: 2 });
    expect(lines()).toEqual([
      expect.objectContaining({ level: 'info', message: 'with data', a: 1 }),
      expect.objectContaining({ level: 'warn', message: 'Ada paid', b: 2 }),
    ]);
    expect(lines()[0]).not.toHaveProperty('args');
  });

  test('gives its sinks every line at its call, also while a transport takes none', () => {
    const { log, lines } = testLogger({ direct });
    log.add(new TransportStream({ log: () => undefined }));
    for (let index = 0; index < 200; index += 1) log.child({ module: 'm' }).info('line', { index });
    expect(lines().map(({ index }) => index)).toEqual(Array.from({ length: 200 }, (_, index) => index));
  });

  test('gives its sinks the lines that come after winston’s own end()', () => {
    const { log, lines } = testLogger({ direct });
    log.add(new Collector());
    log.info('before');
    log.end();
    log.info('after');
    expect(lines().map(({ message }) => message)).toEqual(['before', 'after']);
  });

  test('can be silenced', () => {
    const { log, texts } = testLogger({ direct });
    log.silent = true;
    log.error('x');
    log.silent = false;
    log.error('y');
    expect(texts).toHaveLength(1);
  });

  test('writes the fields of the context around the call', () => {
    const { log, lines } = testLogger({ direct });
    withContext({ requestId: 'r1', userId: 'u1' }, () => {
      log.info('x', { requestId: 'forged' });
      withContext({ userId: 'u2' }, () => log.child({ module: 'm', userId: 'child' }).info('y'));
    });
    log.info('outside');
    expect(lines()).toEqual([
      expect.objectContaining({ requestId: 'r1', userId: 'u1', requestId_: 'forged' }),
      expect.objectContaining({ requestId: 'r1', userId: 'u2', module: 'm' }),
      expect.not.objectContaining({ requestId: expect.anything() }),
    ]);
  });

  test('writes through winston’s own File transport too, and has finished when close() resolves', async () => {
    const path = join(tempFolder(), 'winston.log');
    const { log } = testLogger({ direct });
    log.add(new winston.transports.File({ filename: path }));
    for (let index = 0; index < 500; index += 1) log.info('line', { index, secret: 'canary' });
    await log.close();
    expect(linesOf(path).map(({ index }) => index)).toEqual(Array.from({ length: 500 }, (_, index) => index));
    expect(readFileSync(path, 'utf8')).not.toContain('canary');
  });

  test('outlives a transport that fails, counts it and keeps its other transports going', async () => {
    const { log, lines } = testLogger({ direct });
    const emitter = new Collector();
    log.add(emitter);
    log.add(
      new TransportStream({
        log: (_info: Info, next: () => void) => {
          next();
          throw new Error('transport bug');
        },
      }),
    );
    log.info('one');
    const heard = once(log, 'error');
    emitter.emit('error', Object.assign(new Error('ingest down'), { code: 'ECONNREFUSED' }));
    await heard;
    expect(log.stats().transports.lastError).toBe('ECONNREFUSED');
    expect(log.stats().failed).toBe(1);
    log.info('two');
    expect(lines().map(({ message }) => message)).toEqual(['one', 'two']);
  });
});

test('both paths write the same lines', () => {
  const error = Object.assign(new Error('boom', { cause: new Error('why') }), { code: 'E_BOOM' });
  const texts = [true, false].map((direct) => {
    const logger = testLogger({ direct, fields: { version: '1' }, clock: frozen });
    const { log } = logger;
    const child = log.child({ module: 'billing' });
    log.info('text');
    log.info('fields', { a: 1, level: 'forged', message: 'forged', nested: { password: 'x' } });
    log.error('failed', error);
    child.warn('child', { module: 'other', b: [1, 2n] });
    child.error('child failed', error);
    log.log('info', 'log', { c: new Map([['k', 1]]) });
    log.log({ level: 'info', message: 'entry', d: 1 });
    log.info('many', 'arguments', 3);
    log.info({ message: 'object', e: 1 });
    child.error('error, then data', error, { f: 1, module: 'other' });
    child.info('number, then data', 7, { g: 1 });
    child.info('list, then data', [1, 2], { h: 1 });
    child.warn({ message: { orderId: 7 }, level: 'gold', module: 'other' });
    log.error('two errors', error, new Error('connect', { cause: 'refused' }));
    Reflect.apply(log.info, log, [[1, 2]]);
    log.info('bytes', new Uint8Array([1, 2]));
    log.info('boxed', Object('text'), 'more');
    child.info('%s paid %j', 'Ada', { i: 1 }, { j: 2 }, 'late');
    child.log({ level: 'loud', message: 'unknown level', k: 1 });
    child.write({ level: 'warn', message: error as never, l: 1 });
    log.child({ level: 'forged', service: 'forged' }).info('reserved', 'late', { service: 'again' });
    log.info('', { message: '', stack: 's', error: 'e' });
    Reflect.apply(log.error, log, [error, 'more', { stack: 's' }]);
    return logger.texts.map((text) => sorted(JSON.parse(text)));
  });
  expect(texts[1]).toEqual(texts[0]);
});

const frozen = { now: () => 0, monotonic: () => 0, schedule: () => ({ cancel: () => undefined }) };

function sorted(line: Record<string, unknown>): object {
  return Object.fromEntries(Object.entries(line).sort());
}

describe('instrumentation', () => {
  test('that patches winston’s write sees and extends every line with direct: false', () => {
    const prototype: { write?: unknown } = winston.Logger.prototype;
    const original = winston.Logger.prototype.write;
    // As OpenTelemetry's winston instrumentation does for trace correlation.
    prototype.write = function (this: winston.Logger, info: Record<string, unknown>, ...rest: never[]) {
      info.trace_id = 'injected';
      return Reflect.apply(original, this, [info, ...rest]);
    };
    try {
      const { log, lines } = testLogger({ direct: false });
      log.info('a');
      log.child({ module: 'm' }).error('b', new Error('x'));
      log.log('warn', 'c', { d: 1 });
      expect(lines().map(({ trace_id }) => trace_id)).toEqual(['injected', 'injected', 'injected']);
    } finally {
      delete prototype.write;
    }
  });

  test('that throws costs no line with direct: false, and is counted', () => {
    const { log, lines } = testLogger({ direct: false });
    const { write } = log;
    Object.assign(log, {
      write: (info: Record<string, unknown>, ...rest: never[]) => {
        if (info.broken === true) throw new Error('agent bug');
        return Reflect.apply(write, log, [Object.assign(info, { seen: true }), ...rest]);
      },
    });
    log.info('a');
    log.child({ broken: true }).info('b');
    log.info('c', { silent: false });
    expect(lines().map(({ message, seen }) => [message, seen])).toEqual([
      ['a', true],
      ['b', undefined],
      ['c', true],
    ]);
    expect(log.stats().failed).toBe(1);
  });

  test('of OpenTelemetry, the real one, adds the span to every line with direct: false, and redaction stays', async () => {
    needsBuild();
    const { exited, output } = startFixture('traced', []);
    expect(await exited).toEqual({ code: 0, signal: null });
    const span = { trace_id: 'a'.repeat(32), span_id: 'b'.repeat(16), trace_flags: '01' };
    const lines = parseLines(output.stdout);
    const switched = lines.filter(({ direct }) => direct === false);
    expect(switched).toMatchObject([
      { message: 'line', ...span, password: '[redacted]' },
      { message: 'child', ...span, module: 'm', error: { message: 'boom' } },
      { message: 'outside of a span' },
    ]);
    expect(switched[2]).not.toHaveProperty('trace_id');
    // Its patch is on winston's own write, past which the direct path goes.
    const direct = lines.filter((line) => line.direct === true);
    expect(direct.map(({ message, trace_id }) => [message, trace_id])).toEqual([
      ['line', undefined],
      ['child', undefined],
      ['outside of a span', undefined],
    ]);
  });

  test('that adds a transport in configure gets every line on the direct path', () => {
    const collector = new Collector();
    const { log } = testLogger();
    log.add(collector);
    log.info('a');
    log.child({ module: 'm' }).error('b');
    expect(collector.infos.map(({ message }) => message)).toEqual(['a', 'b']);
  });
});

describe('close', () => {
  test.each([true, false])(
    'resolves to nothing, returns a logger, joins a second call and counts later lines (direct: %s)',
    async (direct) => {
      const path = join(tempFolder(), 'a.log');
      const log = createLogger({
        service: 's',
        environment: 'e',
        process: false,
        direct,
        sinks: [file(path)],
      });
      log.info('before');
      const closing = log.close();
      expect(closing).toBeInstanceOf(winston.Logger);
      const returned: winston.Logger = closing;
      expect(returned.level).toBe('info');
      expect(await closing).toBeUndefined();
      await log.close();
      expect(linesOf(path)).toHaveLength(1);
      expect(() => log.info('after')).not.toThrow();
      expect(linesOf(path)).toHaveLength(1);
      expect(log.stats()).toMatchObject({ sinks: [{ written: 1, dropped: 0 }], late: 1 });
    },
  );

  test('happens at the end of an await using block', async () => {
    const path = join(tempFolder(), 'a.log');
    {
      await using log = createLogger({ service: 's', environment: 'e', process: false, sinks: [file(path)] });
      log.info('inside');
    }
    expect(linesOf(path)).toHaveLength(1);
  });

  test('an async function can return the logger', async () => {
    const { log } = testLogger();
    expect(await Promise.resolve(log)).toBe(log);
  });

  test('fails at its deadline when a transport never finishes, having closed everything else', async () => {
    const path = join(tempFolder(), 'a.log');
    const log = createLogger({ service: 's', environment: 'e', process: false, sinks: [file(path)] });
    log.add(new TransportStream({ log: () => undefined }));
    log.info('stuck there, written here');
    await expect(log.flush({ timeout: '50ms' })).rejects.toMatchObject({ code: 'LOG_FLUSH_INCOMPLETE' });
    await expect(log.close({ timeout: '50ms' })).rejects.toMatchObject({ code: 'LOG_FLUSH_INCOMPLETE' });
    expect(linesOf(path)).toHaveLength(1);
    expect(log.transports).toEqual([]);
  });

  test('after winston’s own end(), nothing is lost and nothing breaks', async () => {
    const path = join(tempFolder(), 'a.log');
    const log = createLogger({ service: 's', environment: 'e', process: false, sinks: [file(path)] });
    for (let index = 0; index < 300; index += 1) log.info('line');
    log.end();
    await waitFor(() => linesOf(path).length === 300, { what: '300 lines' });
    await log.close();
  });
});

test('a transport that is full costs counted lines and no memory', () => {
  const { log } = testLogger();
  log.add(new TransportStream({ log: () => undefined }));
  for (let index = 0; index < 10_051; index += 1) log.info('x'); // one is with the transport
  expect(log.stats().transports.dropped).toBe(50);
});
