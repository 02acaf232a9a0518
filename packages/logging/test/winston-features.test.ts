import { join } from 'node:path';
import { waitFor } from '@seaworthy/testkit';
import { beforeAll, describe, expect, test } from 'vitest';
import winston from 'winston';
import TransportStream from 'winston-transport';
import { memorySink, testLogger } from './support/memory-sink.js';
import { needsBuild, startFixture } from './support/run-fixture.js';
import { linesOf, tempFolder } from './support/temp-folder.js';

beforeAll(needsBuild);

class Collector extends TransportStream {
  readonly infos: winston.Logform.TransformableInfo[] = [];
  override log(info: winston.Logform.TransformableInfo, next: () => void): void {
    this.infos.push(info);
    next();
  }
}

describe.each([
  ['the direct path', true],
  ['winston’s pipeline', false],
])('what teams use of winston, on %s:', (_name, direct) => {
  test.each<[string, readonly unknown[], Record<string, unknown>]>([
    ['texts and numbers', ['%s paid %d', 'Ada', 12.5], { message: 'Ada paid 12.5' }],
    [
      'data behind the last one',
      ['%s paid', 'Ada', { orderId: 7 }],
      { message: 'Ada paid', orderId: 7, version: '1' },
    ],
    ['what is left over', ['%s paid', 'Ada', 'late'], { message: 'Ada paid', args: ['late'] }],
    [
      'JSON, redacted',
      ['got %j', { a: 1, password: 'canary' }],
      { message: 'got {"a":1,"password":"[redacted]"}' },
    ],
    ['an object by %o', ['got %o %O', [1, 'b'], new Map([['k', 2n]])], { message: 'got [1,"b"] {"k":"2"}' }],
    ['whole numbers and parts', ['%i of %f, %c%d%%', 12.7, '0.5', 'css', 80], { message: '12 of 0.5, 80%' }],
    ['null and undefined', ['%s %s %s', null, undefined, true], { message: 'null undefined true' }],
    ['a secret beside its name', ['token=%s', 'canary'], { message: 'token=[redacted]' }],
    ['fewer than there are places', ['%s and %s', 'one'], { message: 'one and %s' }],
    [
      'nothing that fits',
      ['100%sure of 50%done', { orderId: 7 }],
      { message: '100%sure of 50%done', orderId: 7 },
    ],
    ['nothing at all', ['100%', { a: 1 }], { message: '100%', a: 1 }],
    ['a text that looks like a place', ['%s', '%s %j', { a: 1 }], { message: '%s %j', a: 1 }],
  ])('placeholders take %s', (_what, [message, ...rest], expected) => {
    const { log, last, texts } = testLogger({ direct, fields: { version: '1' } });
    const collector = new Collector({
      format: winston.format.combine(winston.format.splat(), winston.format.json()),
    });
    log.add(collector);
    log.info(String(message), ...rest);
    expect(last()).toMatchObject(expected);
    expect(last().version).toBe('1');
    expect(collector.infos[0]).toMatchObject(expected);
    expect(texts.join('')).not.toContain('canary');
  });

  test('a placeholder takes an error’s message, and the line has its stack', () => {
    const { log, last } = testLogger({ direct });
    log.error('payment failed: %s', Object.assign(new Error('refused'), { code: 'E_CARD' }));
    expect(last()).toMatchObject({
      message: 'payment failed: refused',
      error: { code: 'E_CARD' },
      stack: expect.stringContaining('winston-features.test'),
    });
  });

  test('a child of a child has the fields of both, and the nearer one wins', () => {
    const { log, lines } = testLogger({ direct });
    const grandchild = log.child({ module: 'billing', part: 'a' }).child({ part: 'b', job: 7 });
    grandchild.info('x');
    log.level = 'debug';
    grandchild.debug('y', { job: 8 });
    expect(lines()).toEqual([
      expect.objectContaining({ module: 'billing', part: 'b', job: 7 }),
      expect.objectContaining({ module: 'billing', part: 'b', job: 8, level: 'debug' }),
    ]);
  });

  test('the level of the logger, of a transport and of a sink can be changed at any time', () => {
    const sink = memorySink();
    const { log } = testLogger({ direct, sinks: [sink] });
    const collector = new Collector();
    log.add(collector);
    log.debug('unheard');
    log.level = 'debug';
    log.debug('heard');
    collector.level = 'error';
    log.info('in the sink only');
    const [first] = log.transports;
    if (first !== undefined) first.level = 'error';
    collector.level = 'silly';
    log.silly('in the transport only');
    expect(log.isLevelEnabled('silly')).toBe(true);
    collector.level = 'error';
    expect(log.isLevelEnabled('info')).toBe(false);
    expect(sink.lines().map(({ message }) => message)).toEqual(['heard', 'in the sink only']);
    expect(collector.infos.map(({ message }) => message)).toEqual(['heard', 'in the transport only']);
  });

  test('each transport applies a format of its own to what the logger’s format left', () => {
    const { format } = winston;
    const { log } = testLogger({ direct, format: format((info) => ({ ...info, seen: true }))() });
    const simple = new Collector({ format: format.combine(format.uncolorize(), format.simple()) });
    const printed = new Collector({
      format: format.printf(({ level, message }) => `${level}: ${String(message)}`),
    });
    const labelled = new Collector({
      format: format.combine(format.label({ label: 'api' }), format.timestamp(), format.json()),
    });
    log.add(simple).add(printed).add(labelled);
    log.warn('Low on disk', { freeMb: 12, token: 'canary' });
    const texts = [simple, printed, labelled].map(({ infos }) => String(infos[0]?.[Symbol.for('message')]));
    expect(texts[0]).toMatch(/^warn: Low on disk \{.*"seen":true/);
    expect(texts[1]).toBe('warn: Low on disk');
    expect(JSON.parse(texts[2] ?? '')).toMatchObject({
      label: 'api',
      freeMb: 12,
      token: '[redacted]',
      seen: true,
    });
  });

  test('an own object takes the place of stream(), as for morgan', () => {
    const { log, last } = testLogger({ direct });
    Object.assign(log, { stream: { write: (text: string) => log.http(text.trim()) } });
    log.level = 'http';
    Reflect.get(log.stream, 'write')('GET /orders 200\n');
    expect(last()).toMatchObject({ level: 'http', message: 'GET /orders 200' });
  });

  test('query() finds lines in a File transport', async () => {
    const { log } = testLogger({ direct });
    const path = join(tempFolder(), 'a.log');
    log.add(new winston.transports.File({ filename: path }));
    for (const orderId of [1, 2, 3]) log.info('Order paid', { orderId, cookie: 'canary' });
    await waitFor(() => linesOf(path).length === 3, { what: 'the lines in the file' });
    const found = await new Promise<Record<string, unknown>>((resolve, reject) => {
      log.query({ fields: ['orderId', 'cookie'], order: 'asc' }, (error, results) =>
        error === null || error === undefined ? resolve(results) : reject(error),
      );
    });
    expect(found.file).toEqual([1, 2, 3].map((orderId) => ({ orderId, cookie: '[redacted]' })));
    await log.close();
  });
});

describe('winston’s own handling of exceptions', () => {
  test.each([
    ['with process: false', 'winston', 'true', 1],
    ['with process: false and exitOnError = false', 'winston', 'false', 0],
    ['beside process events', 'both', 'true', 1],
  ])(
    '%s has its line in the sinks, and in the handler where winston owns the process; none is lost',
    async (_how, owner, exitOnError, code) => {
      const folder = tempFolder();
      const ours = join(folder, 'ours.log');
      const theirs = join(folder, 'theirs.log');
      const { exited, output } = startFixture('winston-exceptions', [ours, theirs, owner, exitOnError]);
      expect({ ...(await exited), stderr: output.stderr }).toEqual({ code, signal: null, stderr: '' });
      const lines = linesOf(ours);
      expect(lines.filter(({ message }) => message === 'line')).toHaveLength(300);
      expect(lines.some(({ exception }) => exception === true)).toBe(true);
      expect(JSON.stringify([lines, linesOf(theirs)])).not.toContain('canary');
      if (owner === 'both') expect(lines.some(({ message }) => message === 'Uncaught exception')).toBe(true);
      if (exitOnError === 'false') expect(lines.at(-1)).toMatchObject({ message: 'alive' });
      // Process events end a crash when our sinks have it; whoever wants winston's handlers to finish leaves the process to them.
      if (owner === 'both') return;
      expect(linesOf(theirs)).toEqual([
        expect.objectContaining({
          level: 'error',
          exception: true,
          stack: expect.stringContaining('TypeError: boom'),
        }),
      ]);
      expect(JSON.stringify([lines, linesOf(theirs)])).not.toContain('canary');
    },
  );
});
