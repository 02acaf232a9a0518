import { OptionsError } from '@seaworthy/contracts';
import { createFakeClock } from '@seaworthy/testkit';
import { describe, expect, test, vi } from 'vitest';
import winston from 'winston';
import { createLogger, file, LoggingError } from '../src/index.js';
import { memorySink, testLogger } from './support/memory-sink.js';
import { tempFolder } from './support/temp-folder.js';

const levels = ['error', 'warn', 'info', 'http', 'verbose', 'debug', 'silly'] as const;

describe('a line', () => {
  test('holds timestamp, level, message, service and environment first, in this order', () => {
    const clock = createFakeClock({ now: Date.parse('2026-03-04T05:06:07.089Z') });
    const { log, texts } = testLogger({ clock });
    log.info('Started', { port: 3001 });
    expect(texts).toEqual([
      '{"timestamp":"2026-03-04T05:06:07.089Z","level":"info","message":"Started","service":"shop","environment":"test","port":3001}\n',
    ]);
  });

  test('has the time of its call, across milliseconds, seconds and days', async () => {
    const clock = createFakeClock({ now: Date.parse('2026-12-31T23:59:59.998Z') });
    const { log, lines } = testLogger({ clock });
    for (const ms of [0, 1, 1, 7, 993, 86_400_000]) {
      await clock.advance(ms);
      log.info('tick');
    }
    expect(lines().map(({ timestamp }) => timestamp)).toEqual([
      '2026-12-31T23:59:59.998Z',
      '2026-12-31T23:59:59.999Z',
      '2027-01-01T00:00:00.000Z',
      '2027-01-01T00:00:00.007Z',
      '2027-01-01T00:00:01.000Z',
      '2027-01-02T00:00:01.000Z',
    ]);
  });

  test('keeps data whose name is reserved under another name', () => {
    const { log, last } = testLogger();
    log.info('real', {
      timestamp: 'forged',
      level: 'forged',
      message: 'forged',
      service: 'forged',
      environment: 'forged',
      level_: 'taken already',
    });
    expect(last()).toMatchObject({
      level: 'info',
      message: 'real',
      service: 'shop',
      environment: 'test',
      timestamp_: 'forged',
      level_: 'taken already',
      level__: 'forged',
      message_: 'forged',
      service_: 'forged',
      environment_: 'forged',
    });
  });

  test.each([
    ['child fields', (log: winston.Logger) => log.child({ level: 'forged', service: 'forged' }).info('real')],
    ['fields of the logger', (log: winston.Logger) => log.info('real')],
    ['log({ … })', (log: winston.Logger) => log.log({ level: 'info', message: 'real', service: 'forged' })],
    [
      'write({ … })',
      (log: winston.Logger) => log.write({ level: 'info', message: 'real', service: 'forged' }),
    ],
  ])('cannot be forged through %s', (_way, act) => {
    const { log, texts, last } = testLogger({ fields: { service: 'forged' } });
    act(log);
    expect(last()).toMatchObject({ level: 'info', message: 'real', service: 'shop', service_: 'forged' });
    expect(texts.at(-1)?.match(/"service":/g)).toHaveLength(1);
  });

  test('holds each name once, the nearest value winning over a child and a child over the logger', () => {
    const { log, texts, last } = testLogger({ fields: { version: 1, region: 'eu' } });
    const child = log.child({ version: 2, module: 'billing' }).child({ module: 'invoices' });
    child.info('x', { version: 3 });
    expect(last()).toMatchObject({ version: 3, module: 'invoices', region: 'eu' });
    for (const name of ['version', 'module', 'region']) {
      expect(texts.at(-1)?.match(new RegExp(`"${name}":`, 'g'))).toHaveLength(1);
    }
  });
});

describe('errors', () => {
  test('[row 81] beside a message give stack, name, code and the chain of causes', () => {
    const { log, last } = testLogger();
    const cause = Object.assign(new TypeError('inner'), { code: 'E_INNER' });
    const error = Object.assign(new Error('outer', { cause }), { code: 'E_OUTER', attempt: 2 });
    log.error('Payment failed', error);
    expect(last()).toMatchObject({
      message: 'Payment failed',
      stack: error.stack,
      error: {
        name: 'Error',
        message: 'outer',
        code: 'E_OUTER',
        attempt: 2,
        cause: { name: 'TypeError', message: 'inner', code: 'E_INNER', stack: cause.stack },
      },
    });
  });

  test('alone give their own message, and with fields keep both', () => {
    const { log, lines } = testLogger();
    const error = new Error('boom');
    log.error(error);
    log.error('Job failed', { jobId: 7 }, error);
    log.error('Job failed', error, { jobId: 8 });
    log.log({ level: 'error', message: error as unknown as string, jobId: 9 });
    const [alone, fieldsFirst, errorFirst, asInfo] = lines();
    expect(alone).toMatchObject({ message: 'boom', stack: error.stack, error: { name: 'Error' } });
    expect(fieldsFirst).toMatchObject({ message: 'Job failed', jobId: 7, stack: error.stack });
    expect(errorFirst).toMatchObject({ message: 'Job failed', jobId: 8, stack: error.stack });
    expect(asInfo).toMatchObject({ message: 'boom', jobId: 9, stack: error.stack });
  });

  test('as a field keep their stack and every error of an AggregateError', () => {
    const { log, last } = testLogger();
    const error = new AggregateError([new Error('one'), new RangeError('two')], 'both failed');
    log.warn('Fallback', { err: error });
    expect(last()).toMatchObject({
      err: {
        name: 'AggregateError',
        message: 'both failed',
        stack: error.stack,
        errors: [
          { name: 'Error', message: 'one' },
          { name: 'RangeError', message: 'two' },
        ],
      },
    });
  });

  test('that come second are kept, with their stack', () => {
    const { log, last } = testLogger();
    const first = new Error('wrapper');
    const second = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    log.error('failed', first, second);
    expect(last()).toMatchObject({
      message: 'failed',
      stack: first.stack,
      args: [{ name: 'Error', message: 'connect', code: 'ECONNREFUSED', stack: second.stack }],
    });
    expect(last()).not.toHaveProperty('code');
  });

  test('whose message is an object keep what it says, as a text', () => {
    const { log, last } = testLogger();
    const error = Object.assign(new Error('x'), { message: { orderId: 7, password: 'canary' } });
    log.error('failed', error);
    expect(last().error).toMatchObject({ message: '{"orderId":7,"password":"[redacted]"}' });
  });

  test('that are their own cause end', () => {
    const { log, last } = testLogger();
    const error: Error & { cause?: unknown } = new Error('loop');
    error.cause = error;
    log.error('x', error);
    expect(JSON.stringify(last().error)).toContain('[circular]');
  });
});

describe('calls in winston’s shapes', () => {
  test.each([
    ['info(text)', (log: winston.Logger) => log.info('m'), { message: 'm' }],
    ['info()', (log: winston.Logger) => log.info(undefined), { message: '' }],
    ['info({ message })', (log: winston.Logger) => log.info({ message: 'm', a: 1 }), { message: 'm', a: 1 }],
    ['info({ … })', (log: winston.Logger) => log.info({ a: 1 }), { message: '', a: 1 }],
    ['info(number)', (log: winston.Logger) => log.info(42), { message: '42' }],
    [
      'info(text, text, number)',
      (log: winston.Logger) => log.info('m', 'x', 2),
      { message: 'm', args: ['x', 2] },
    ],
    ['info(text, array)', (log: winston.Logger) => log.info('m', [1]), { message: 'm', args: [[1]] }],
    ['info(text, map)', (log: winston.Logger) => log.info('m', new Map([['a', 1]])), { data: { a: 1 } }],
    [
      'info(array)',
      (log: winston.Logger) => Reflect.apply(log.info, log, [[1, { a: 2 }]]),
      { message: '', args: [[1, { a: 2 }]] },
    ],
    [
      'log(level, array, fields)',
      (log: winston.Logger) => log.log('info', ['a', 'b'] as never, { c: 1 }),
      { message: '', c: 1, args: [['a', 'b']] },
    ],
    [
      'info({ message: object })',
      (log: winston.Logger) => log.info({ message: { orderId: 7 }, x: 1 }),
      { message: '', x: 1, args: [{ orderId: 7 }] },
    ],
    [
      'info({ level: of the data })',
      (log: winston.Logger) => log.info({ message: 'm', level: 'gold', level_: 1 }),
      { message: 'm', level_: 1, level__: 'gold' },
    ],
    [
      'info(object, object)',
      (log: winston.Logger) => Reflect.apply(log.info, log, [{ message: 'm', a: 1 }, { b: 2 }]),
      { message: 'm', a: 1, args: [{ b: 2 }] },
    ],
    [
      'info({ message: text with a place }, argument)',
      (log: winston.Logger) => Reflect.apply(log.info, log, [{ message: '%s paid', a: 1 }, 'Ada']),
      { message: 'Ada paid', a: 1 },
    ],
    [
      'log({ level, …, [SPLAT] })',
      (log: winston.Logger) =>
        log.log({ level: 'info', message: '%s paid', [Symbol.for('splat')]: ['Ada', 'late'] }),
      { message: 'Ada paid', args: ['late'] },
    ],
    [
      'log({ level, … }, fields)',
      (log: winston.Logger) => Reflect.apply(log.log, log, [{ level: 'info', message: 'm' }, { a: 1 }]),
      { message: 'm', args: [{ a: 1 }] },
    ],
    ['log(level, text)', (log: winston.Logger) => log.log('info', 'm'), { message: 'm' }],
    [
      'log(level, text, fields)',
      (log: winston.Logger) => log.log('info', 'm', { a: 1 }),
      { message: 'm', a: 1 },
    ],
    ['log({ level, … })', (log: winston.Logger) => log.log({ level: 'info', message: 'm', a: 1 }), { a: 1 }],
    [
      'write({ level, … })',
      (log: winston.Logger) => log.write({ level: 'info', message: 'm', a: 1 }),
      { a: 1 },
    ],
  ])('%s is one line with all of its data', (_shape, act, expected) => {
    for (const direct of [true, false]) {
      const { log, lines } = testLogger({ direct });
      act(log);
      expect(lines()).toEqual([expect.objectContaining({ level: 'info', service: 'shop', ...expected })]);
    }
  });

  describe.each([true, false])('on both paths (direct: %s)', (direct) => {
    test.each(['loud', 'constructor', 'toString', '__proto__', ''])(
      'a call with the unknown level "%s" is written as a warning that names it',
      (level) => {
        const { log, last } = testLogger({ direct });
        log.log(level, 'm', { a: 1 });
        expect(last()).toMatchObject({ level: 'warn', message: 'm', a: 1, args: [{ unknownLevel: level }] });
      },
    );

    test('methods work when taken off the logger, and return it', () => {
      const { log, lines } = testLogger({ direct });
      const { info } = log;
      info('detached');
      expect(log.info('a').warn('b').log('error', 'c')).toBe(log);
      expect(lines()).toHaveLength(4);
    });

    test('profile and startTimer write their duration', () => {
      const { log, lines } = testLogger({ direct });
      log.profile('constructor');
      log.profile('import');
      log.profile('import', { level: 'warn' });
      log.startTimer().done({ message: 'timed' });
      expect(lines()).toEqual([
        expect.objectContaining({ level: 'warn', message: 'import', durationMs: expect.any(Number) }),
        expect.objectContaining({ level: 'info', message: 'timed', durationMs: expect.any(Number) }),
      ]);
    });

    test('what the caller passes is not written to', () => {
      const { log, lines } = testLogger({ direct, fields: { version: '1' } });
      const frozen = Object.freeze({ message: 'm', a: 1 });
      const info = Object.freeze({ level: 'info', message: 'm', a: 1 });
      log.info(frozen);
      log.log('info', frozen as never);
      log.log(info);
      log.write(info);
      log.child({ b: 2 }).write(info);
      log.profile('p');
      log.profile('p', frozen);
      log.startTimer().done(frozen);
      for (const line of lines()) expect(line).toMatchObject({ message: 'm', a: 1, version: '1' });
      log.startTimer().done(null);
      expect(lines()).toHaveLength(8);
      expect(log.stats().failed).toBe(0);
    });
  });
});

describe('levels', () => {
  test.each(levels)('[row 80] at %s, lines of that level and above are written and no others', (level) => {
    const { log, lines } = testLogger({ level });
    for (const each of levels) log[each](each);
    expect(lines().map((line) => line.level)).toEqual(levels.slice(0, levels.indexOf(level) + 1));
  });

  test('[row 80] debug is off unless it is asked for', () => {
    const { log, lines } = testLogger({ environment: 'production' });
    for (const each of ['error', 'warn', 'info', 'debug'] as const) log[each](each);
    expect(lines().map((line) => line.level)).toEqual(['error', 'warn', 'info']);
  });

  test('[row 80] a change at runtime takes effect on the next line, in children too', () => {
    const { log, lines } = testLogger();
    const child = log.child({ module: 'a' }).child({ module: 'b' });
    child.debug('before');
    log.level = 'debug';
    child.debug('after');
    log.level = 'error';
    child.warn('silenced');
    expect(lines().map((line) => line.message)).toEqual(['after']);
    expect(child.isLevelEnabled('warn')).toBe(false);
  });

  test('a child may have a level of its own', () => {
    const { log, lines } = testLogger();
    const child = log.child({});
    child.level = 'debug';
    child.debug('child');
    log.debug('parent');
    expect(lines().map((line) => line.message)).toEqual(['child']);
    expect(log.level).toBe('info');
  });

  test('an unknown level is refused with the nearest one, at the start and later', () => {
    expect(() => testLogger({ level: 'debgu' })).toThrow(/did you mean "debug"/);
    const { log } = testLogger();
    expect(() => {
      log.level = 'wran';
    }).toThrow(/did you mean "warn"/);
    expect(log.level).toBe('info');
  });

  test('a sink’s own level wins over the logger’s', () => {
    const all = memorySink();
    const errors = memorySink('error');
    const everything = memorySink('silly');
    const { log } = testLogger({ sinks: [all, errors, everything] });
    for (const each of levels) log[each](each);
    expect(all.lines()).toHaveLength(3);
    expect(errors.lines().map((line) => line.level)).toEqual(['error']);
    expect(everything.lines()).toHaveLength(7);
  });

  test('a service’s own levels get methods of their own', () => {
    const { log, last } = testLogger({ levels: { fatal: 0, note: 1 }, level: 'note' });
    log.log('fatal', 'down');
    expect(last()).toMatchObject({ level: 'fatal', message: 'down' });
    expect(Reflect.get(log, 'fatal')).toBeTypeOf('function');
  });

  test.each(['constructor', 'toString', '__proto__', 'hasOwnProperty'])(
    'what every object has is no level: %s',
    (name) => {
      const { log, texts } = testLogger();
      expect(() => Object.assign(log, { level: name })).toThrow(OptionsError);
      expect(() => testLogger({ level: name })).toThrow(OptionsError);
      expect(() => testLogger({ sinks: [memorySink(name)] })).toThrow(OptionsError);
      log.error('heard');
      expect(texts).toHaveLength(1);
    },
  );

  test('a disabled call does not even look at its data', () => {
    const { log, texts } = testLogger();
    let reads = 0;
    const fields = {
      get costly() {
        reads += 1;
        return 1;
      },
    };
    log.debug('x', fields);
    log.info('x', fields);
    expect([reads, texts.length]).toEqual([1, 1]);
  });
});

describe('options', () => {
  test('an unknown option is refused and the right one named', () => {
    // @ts-expect-error a misspelt option
    expect(() => createLogger({ service: 's', environment: 'e', sink: [] })).toThrow(/Did you mean "sinks"/);
    // @ts-expect-error a misspelt option
    expect(() => file('x', { levle: 'error' })).toThrow(/Did you mean "level"/);
    expect(() => testLogger({ redact: { replacement: 'a b' } })).toThrow(OptionsError);
    expect(() => testLogger({ limits: { maxDepth: 0 } })).toThrow(OptionsError);
  });

  test.each([
    ['an empty service', { service: '' }, /"service"/],
    ['an empty environment', { environment: '' }, /"environment"/],
    ['a sink level that is none', { sinks: [memorySink('loud')] }, /the level must be/],
    ['a transport among the sinks', { sinks: [new winston.transports.Console()] as never }, /logger\.add/],
  ])('%s is refused', (_what, options, message) => {
    expect(() => testLogger(options)).toThrow(message);
  });

  test('a file that cannot be opened says so when the logger is created, and the other sinks are let go', () => {
    const folder = tempFolder();
    const other = memorySink();
    const close = vi.fn();
    const watched = { ...other, open: (host: never) => ({ ...other.open(host), close }) };
    let error: unknown;
    try {
      testLogger({ sinks: [watched, file(folder)] });
    } catch (thrown) {
      error = thrown;
    }
    expect(LoggingError.is(error) && error.code).toBe('LOG_FILE_OPEN');
    expect(String(error)).toContain(folder);
    expect(close).toHaveBeenCalledOnce();
  });

  test('importing and declaring opens nothing', () => {
    const folder = tempFolder();
    expect(file(`${folder}/none/a.log`).name).toContain('a.log');
    expect(() => testLogger({ level: 'none', sinks: [file(`${folder}/none/a.log`)] })).toThrow();
  });
});
