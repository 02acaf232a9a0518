import { inspect } from 'node:util';
import { Secret } from '@seaworthy/contracts';
import { size } from '@seaworthy/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withContext } from '../src/index.js';
import { testLogger } from './support/memory-sink.js';

function logged(value: unknown): unknown {
  const { log, last } = testLogger();
  log.info('x', { value });
  return last().value;
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function nested(depth: number): object {
  let value: object = {};
  for (let level = 0; level < depth; level += 1) value = { value };
  return value;
}

class Money {
  readonly amount = 12;
  readonly currency = 'EUR';
  get formatted(): string {
    return '12 EUR';
  }
}

describe('values in a line', () => {
  const circular: Record<string, unknown> = { name: 'loop' };
  circular.self = circular;
  const shared = { a: 1 };

  test.each<[string, unknown, unknown]>([
    ['a bigint, as its digits', 12345678901234567890n, '12345678901234567890'],
    ['a number that JSON lacks, as null', Number.NaN, null],
    ['a symbol', Symbol('s'), 'Symbol(s)'],
    ['a function', () => 1, '[function]'],
    ['a date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['an invalid date', new Date(Number.NaN), '[invalid date]'],
    ['a map with names, as an object', new Map([['a', 1]]), { a: 1 }],
    ['a map with other keys, as pairs', new Map<unknown, unknown>([[1, 'a']]), [[1, 'a']]],
    ['a set, as an array', new Set([1, 'b']), [1, 'b']],
    ['a buffer, as its size', Buffer.from('hunter2'), '[binary, 7 bytes]'],
    ['an array buffer, as its size', new ArrayBuffer(9), '[binary, 9 bytes]'],
    ['a regular expression', /a+/g, '/a+/g'],
    ['a URL', new URL('https://example.test/a'), 'https://example.test/a'],
    ['search parameters', new URLSearchParams({ a: '1' }), 'a=1'],
    ['a class instance, as its members', new Money(), { amount: 12, currency: 'EUR' }],
    ['an object without prototype', Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
    ['boxed values', [Object('s'), Object(1), Object(false)], ['s', 1, false]],
    ['undefined in an array, as null', [undefined, 1], [null, 1]],
    ['an object with undefined, without it', { a: undefined, b: 1 }, { b: 1 }],
    ['a circle', circular, { name: 'loop', self: '[circular]' }],
    ['one object in two places, twice', [shared, shared], [{ a: 1 }, { a: 1 }]],
    ['what toJSON returns', { toJSON: () => ({ b: 2 }) }, { b: 2 }],
    ['a Secret, by its name only', new Secret('KEY', 'hunter2'), '[secret KEY]'],
    ['a revoked proxy', revoked(), '[unreadable]'],
    [
      'a throwing toJSON',
      {
        toJSON: () => {
          throw new Error('no');
        },
      },
      '[unreadable]',
    ],
    [
      'a toJSON that returns itself',
      Object.assign(
        { a: 1 },
        {
          toJSON() {
            return this;
          },
        },
      ),
      { a: 1, toJSON: '[function]' },
    ],
    [
      'a throwing getter',
      {
        a: 1,
        get b() {
          throw new Error('no');
        },
      },
      { a: 1, b: '[unreadable]' },
    ],
    [
      'a throwing proxy trap',
      new Proxy(
        {},
        {
          ownKeys() {
            throw new Error('no');
          },
        },
      ),
      '[unreadable]',
    ],
  ])('show %s', (_what, value, expected) => {
    expect(logged(value)).toEqual(expected);
  });

  test('have a bound for depth', () => {
    expect(JSON.stringify(logged(nested(20_000)))).toContain('[object]');
  });

  test('have a bound for members and elements, and say how many are missing', () => {
    const wide = Object.fromEntries(Array.from({ length: 200_000 }, (_, index) => [`k${index}`, index]));
    expect(logged(wide)).toMatchObject({ k99: 99, '…': '[+199900]' });
    const array = logged(Array.from({ length: 1_000 }, () => 1));
    expect(array).toHaveLength(101);
    expect(array).toContain('[+900]');
    expect(logged(new Set(Array.from({ length: 1_000 }, (_, index) => index)))).toContain('[+900]');
  });

  test('have a bound for strings, and say how long they were', () => {
    const text = String(logged('x'.repeat(1_000_000)));
    expect(text).toMatch(/^x{16384}…\[cut, 1000000 in all\]$/);
  });

  test('share the bound of their line', () => {
    const { log, texts } = testLogger();
    const tree = (depth: number): object =>
      depth === 0
        ? { text: 'y'.repeat(5_000) }
        : Object.fromEntries([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((key) => [`k${key}`, tree(depth - 1)]));
    log.info('x'.repeat(20_000), tree(4));
    expect(texts[0]?.length).toBeLessThan(70_000);
    expect(() => JSON.parse(texts[0] ?? '')).not.toThrow();
  });

  test('a long message leaves room for the data of its line', () => {
    const { log, last } = testLogger();
    log.error('x '.repeat(35_000), { orderId: 7, userId: 8 });
    expect(last()).toMatchObject({ message: expect.stringMatching(/70000 in all/), orderId: 7, userId: 8 });
  });

  test.each(['winston', 'otel', 'ecs'] as const)(
    'an error’s long message leaves room for the frames of its stack, in schema %s',
    (schema) => {
      const { log, texts } = testLogger({ schema });
      const error = new Error(`insert ${'x '.repeat(35_000)}`);
      log.error(error);
      log.error('failed', { error, err: error, cause: new Error('wrapper', { cause: error }) });
      log.error('failed', Object.assign(new Error('changed since'), { stack: error.stack }));
      for (const text of texts.slice(0, 2)) {
        expect(text).toMatch(/Error: …\[message, 70007 in all\]\\n +at .*json-values\.test/);
        expect(text).toMatch(/insert (x )+x?…\[cut, 70007 in all\]/);
      }
      expect(texts[1]?.match(/\[message, 70007 in all\]\\n +at /g)).toHaveLength(3);
      expect(texts[2]).toMatch(/insert (x )+x?…\[cut/); // what stands nowhere else is not taken out
    },
  );

  test.each<[string, object, unknown]>([
    ['bytes, as their size', new Uint8Array(1_000_000), '[binary, 1000000 bytes]'],
    ['a buffer', Buffer.from('hunter2'), '[binary, 7 bytes]'],
    ['numbers in one', new Float64Array([1.5]), '[binary, 8 bytes]'],
    ['a boxed text', Object('abc'), 'abc'],
    ['a map with members of its own', Object.assign(new Map([['a', 1]]), { extra: 1 }), { a: 1 }],
    ['a set', Object.assign(new Set([1]), { extra: 1 }), [1]],
    ['a date', Object.assign(new Date(0), { extra: 1 }), '1970-01-01T00:00:00.000Z'],
    ['a regular expression', Object.assign(/a/, { extra: 1 }), '/a/'],
    ['a URL', new URL('https://example.test/a'), 'https://example.test/a'],
  ])('that are the data of a line stand in it as one: %s', (_what, value, expected) => {
    for (const direct of [true, false]) {
      const { log, last } = testLogger({ direct });
      log.info('x', value);
      const { timestamp: _, ...line } = last();
      expect(line).toEqual({
        ...{ level: 'info', message: 'x', service: 'shop', environment: 'test' },
        data: expected,
      });
    }
  });

  test('log while they are being logged without disturbing the line', () => {
    const { log, lines } = testLogger();
    log.info('outer', {
      before: 1,
      inner: {
        toJSON() {
          log.info('inner', { a: 'x'.repeat(100) });
          return 'done';
        },
      },
      after: 2,
    });
    expect(lines().map(({ message }) => message)).toEqual(['inner', 'outer']);
    expect(lines()[1]).toMatchObject({ before: 1, inner: 'done', after: 2 });
  });
});

describe('text', () => {
  test.each([
    ['line ends', 'a\r\nb'],
    ['NUL and escape', '\u0000\u001b[31m'],
    ['DEL and C1', '\u007f\u0085\u009b31m'],
    ['separators', 'a\u2028b\u2029c'],
    ['bidi marks', '\u202eabc\u2066def\u200f\u061c'],
    ['a byte order mark', '\ufeffa'],
    ['a lone surrogate', '\ud800a'],
    ['quotes and backslashes', '"\\'],
  ])('never holds raw %s, in a message, a value or a name', (_what, text) => {
    const { log, texts, last } = testLogger();
    log.info(text, { [text]: text, list: [text] });
    expect(texts[0]).not.toMatch(
      /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]/,
    );
    expect(texts[0]?.indexOf('\n')).toBe((texts[0]?.length ?? 0) - 1);
    expect(last()).toMatchObject({ message: text, [text]: text, list: [text] });
  });
});

/** Values that make serialisers throw, hang or lie, mixed into ordinary ones. */
const hostile = fc.constantFrom<() => unknown>(
  revoked,
  () => nested(50),
  () =>
    new Proxy([], {
      get() {
        throw new Error('trap');
      },
    }),
  () =>
    new Proxy(new Error('x'), {
      get() {
        throw new Error('trap');
      },
    }),
  () =>
    Object.defineProperty(new Error('x'), 'stack', {
      get() {
        throw new Error('trap');
      },
    }),
  () => Object.assign(new Error('x'), { name: Symbol('n'), message: {}, cause: revoked() }),
  () => ({
    toString() {
      throw new Error('trap');
    },
    [Symbol.toPrimitive]() {
      throw new Error('trap');
    },
  }),
  () => ({ toJSON: 'not a function' }),
  () => ({ message: revoked(), stack: 1n, level: Symbol('l') }),
  () => new Date(Number.NaN),
  () =>
    Object.create({
      get inherited() {
        throw new Error('trap');
      },
    }),
  () => new Map([[revoked(), revoked()]]),
  () => new Set([revoked()]),
  () => Symbol('s'),
  () => -0,
  () => 10n ** 400n,
  () => new AggregateError([revoked(), null], 'many'),
  () => ({ __proto__: null, constructor: 1, hasOwnProperty: 2 }),
);

/** Made inside the test: fast-check itself throws on some of them. */
const anything: fc.Arbitrary<() => unknown> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .anything({
        withBigInt: true,
        withDate: true,
        withMap: true,
        withSet: true,
        withNullPrototype: true,
        withSparseArray: true,
        withTypedArray: true,
        withObjectString: true,
        withBoxedValues: true,
        withUnicodeString: true,
      })
      .map((value) => () => value),
  },
  { weight: 1, arbitrary: hostile },
  {
    weight: 1,
    arbitrary: fc
      .dictionary(fc.string({ unit: 'binary' }), hostile)
      .map((makers) => () => Object.fromEntries(Object.entries(makers).map(([key, make]) => [key, make()]))),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }).map((text) => () => text) },
);

/** What every line of a schema begins with, and where its level and message stand. */
const schemas = {
  winston: {
    names: ['timestamp', 'level', 'message', 'service', 'environment'],
    ...{ level: 'level', message: 'message', origin: { service: 'shop', environment: 'test' } },
    runs: size({ test: 3_000, soak: 1_000_000 }),
  },
  otel: {
    names: ['timestamp', 'severity_text', 'severity_number', 'body', 'resource'],
    ...{
      level: 'severity_text',
      message: 'body',
      origin: { resource: { 'service.name': 'shop', 'deployment.environment.name': 'test' } },
    },
    runs: size({ test: 500, soak: 200_000 }),
  },
  ecs: {
    names: ['@timestamp', 'log.level', 'message', 'ecs.version', 'service.name'],
    ...{ level: 'log.level', message: 'message', origin: { 'service.name': 'shop' } },
    runs: size({ test: 500, soak: 200_000 }),
  },
} as const;

/** A name that somebody else may want, in the line or in an object. */
const wantedName = fc.constantFrom(
  ...['level', 'message', 'timestamp', 'service', 'environment', 'stack', 'error', 'args', 'data', 'name'],
  ...[
    'body',
    'attributes',
    'log',
    'log.level',
    'exception.type',
    'level_',
    'message_',
    'stack_',
    'args_',
    'cause',
  ],
  ...['a', 'b', 'trace_id', 'requestId', 'constructor', '__proto__', 'toString', 'length', '0'],
);

class Order {
  readonly id: unknown;
  constructor(id: unknown) {
    this.id = id;
  }
}

type Mark = () => string;
type Made = (mark: Mark) => unknown;

const membersOf = (entries: ReadonlyArray<readonly [string, Made]>, mark: Mark): Record<string, unknown> =>
  Object.fromEntries([...new Map(entries)].map(([name, make]) => [name, make(mark)]));

/** `target` with the members, one called `__proto__` too. */
const given = (target: object, members: object): object =>
  Object.defineProperties(target, Object.getOwnPropertyDescriptors(members));

const errorsOwn = new Set(['name', 'message', 'stack']);

/** Data in every shape that services log, with a text of its own at every end. */
const { marked } = fc.letrec<{ marked: Made }>((tie) => {
  const parts = fc.array(tie('marked'), { maxLength: 3 });
  const members = fc.array(fc.tuple(wantedName, tie('marked')), { maxLength: 3 });
  const all = (makers: readonly Made[], mark: Mark) => makers.map((make) => make(mark));
  return {
    marked: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.constantFrom<Made>(
        (mark) => mark(),
        (mark) => Symbol(mark()),
        (mark) => Object(mark()),
        (mark) => new URL(`https://example.test/${mark()}`),
        () => undefined,
        () => null,
        () => 7,
      ),
      parts.map((makers) => (mark: Mark) => all(makers, mark)),
      parts.map((makers) => (mark: Mark) => new Set(all(makers, mark))),
      parts.map((makers) => (mark: Mark) => new Map(all(makers, mark).map((value, at) => [`k${at}`, value]))),
      parts.map((makers) => (mark: Mark) => new Map(all(makers, mark).map((value) => [value, 1]))),
      parts.map((makers) => (mark: Mark) => new Order(all(makers, mark))),
      members.map((entries) => (mark: Mark) => membersOf(entries, mark)),
      members.map((entries) => (mark: Mark) => given(Object.create(null), membersOf(entries, mark))),
      members.map((entries) => (mark: Mark) => {
        const own = entries.filter(([name]) => !errorsOwn.has(name));
        return given(new Error(mark()), membersOf(own, mark));
      }),
      parts.map((makers) => (mark: Mark) => new AggregateError(all(makers, mark), mark())),
    ),
  };
});

const markedTemplate = fc.constantFrom<Made>(
  (mark) => `${mark()} %s and %j`,
  (mark) => `%d%% of ${mark()} %o`,
  (mark) => `100%sure ${mark()}`,
);

const variants = [
  ['winston', true],
  ['winston', false],
  ['otel', true],
  ['otel', false],
  ['ecs', true],
  ['ecs', false],
] as const;

describe.each(variants)('whatever is logged in schema %s (direct: %s)', (schema, direct) => {
  const expected = schemas[schema];
  const numRuns = direct ? expected.runs : Math.ceil(expected.runs / 5);

  test('every text in its arguments is in its line', () => {
    const { log, texts } = testLogger({ schema, direct, limits: { maxDepth: 64 } });
    const calls: ReadonlyArray<(one: unknown, other: unknown, third: unknown) => unknown> = [
      (...args) => Reflect.apply(log.info, log, args),
      (one, other, third) => Reflect.apply(log.error, log, [one, { other, third }]),
      (one, other, third) => Reflect.apply(log.warn, log, [{ message: one, level: other, third }]),
      (one, other, third) => Reflect.apply(log.warn, log, [[one, other, third]]),
      (one, other, third) => Reflect.apply(log.log, log, ['warn', one, other, third]),
      (one, other, third) =>
        log.log({ level: 'info', message: one as string, other, [Symbol.for('splat')]: [third] }),
      (one, other, third) => log.write({ level: 'warn', message: one, [String('error')]: other, third }),
      (one, other, third) => log.child({ bound: one }).error(other as string, third),
      (one, other, third) => log.child({ level: one, args: other }).info('x', { third }),
      (one, other, third) => log.child({ module: 'm' }).write({ level: 'info', message: one, other, third }),
      (one, other, third) =>
        withContext({ message: one, stack: other }, () => log.error('x', { third }, new Error('y'))),
    ];
    fc.assert(
      fc.property(
        fc.oneof(marked, markedTemplate),
        marked,
        marked,
        fc.integer({ min: 0, max: calls.length - 1 }),
        (makeOne, makeOther, makeThird, way) => {
          texts.length = 0;
          const marks: string[] = [];
          const mark = (): string => {
            marks.push(`mark${marks.length}x`);
            return marks.at(-1) ?? '';
          };
          const args = [makeOne(mark), makeOther(mark), makeThird(mark)] as const;
          calls[way]?.(...args);
          const [text = ''] = texts;
          const lost = marks.filter((each) => !text.includes(each));
          if (lost.length > 0)
            throw new Error(`call ${way} lost ${lost.join()}: ${texts.join('')} of ${inspect(args)}`);
        },
      ),
      { numRuns: Math.ceil(numRuns / 3) },
    );
    expect(log.stats().failed).toBe(0);
  });

  test('no call throws and each is one line that parses, with the reserved names intact and no name twice', () => {
    const { log, texts } = testLogger({ schema, direct });
    const child = log.child({ module: 'fuzz' });

    /** Without `expect`, which would take most of the time of a million lines. */
    function faultOf(lines: readonly string[]): string | undefined {
      const [text = ''] = lines;
      if (lines.length !== 1 || text.indexOf('\n') !== text.length - 1) return 'not one line';
      const line: Readonly<Record<string, unknown>> = JSON.parse(text);
      const names = topLevelNames(text);
      if (new Set(names).size !== names.length) return 'a name twice';
      if (names.slice(0, 5).join() !== expected.names.join()) return 'reserved names';
      for (const [name, value] of Object.entries(expected.origin)) {
        if (JSON.stringify(line[name]) !== JSON.stringify(value)) return name;
      }
      if (!['error', 'warn', 'info'].includes(String(line[expected.level]))) return 'the level';
      return typeof line[expected.message] === 'string' ? undefined : 'the message';
    }

    const calls: ReadonlyArray<(one: unknown, other: unknown) => unknown> = [
      (one, other) => log.info(one as string, other),
      (one) => log.info(one as string),
      (one, other) => child.error('x', one, other),
      (one, other) => log.log('warn', one as string, other),
      (one) => log.log(Object(one)),
      (one) => log.write(Object(one)),
      (one) => child.write(Object(one)),
      (one) => log.write(one as string),
      (one) => log.log({ level: 'info', message: 'x', [Symbol.for('splat')]: one }),
      (one, other) => log.write({ level: 'info', message: '%s', [Symbol.for('splat')]: [one, other] }),
      (one) => log.startTimer().done(Object(one)),
      (one) => log.child(Object(one)).info('x'),
      (one, other) => withContext({ one, message: one, stack: one }, () => log.warn('x', other)),
    ];
    fc.assert(
      fc.property(
        anything,
        anything,
        fc.integer({ min: 0, max: calls.length - 1 }),
        (makeOne, makeOther, way) => {
          texts.length = 0;
          calls[way]?.(makeOne(), makeOther());
          const fault = faultOf(texts);
          if (fault !== undefined) throw new Error(`${fault}: ${texts.join('')}`);
        },
      ),
      { numRuns },
    );
    expect(log.stats().failed).toBe(0);
  });
});

/** The names of the outermost object as they stand in the text; JSON.parse would hide a second one. */
function topLevelNames(text: string): string[] {
  const names: string[] = [];
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text[at];
    if (unit === '{' || unit === '[') depth += 1;
    else if (unit === '}' || unit === ']') depth -= 1;
    else if (unit === '"') {
      const from = at;
      for (at += 1; text[at] !== '"'; at += 1) if (text[at] === '\\') at += 1;
      if (depth === 1 && text[at + 1] === ':') names.push(JSON.parse(text.slice(from, at + 1)));
    }
  }
  return names;
}
