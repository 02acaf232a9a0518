import { size } from '@seaworthy/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import winston from 'winston';
import TransportStream from 'winston-transport';
import { createLogger } from '../src/index.js';

const levels = ['error', 'warn', 'info', 'http', 'verbose', 'debug', 'silly'] as const;
type Level = (typeof levels)[number];

/** A logger with up to three transports and two children, and what its transports got. */
class Bench {
  readonly log: winston.Logger;
  readonly got: unknown[] = [];
  readonly children: winston.Logger[] = [];
  /** winston leaves `defaultMeta` out of what does not come through a level method or `log`; here it is on every line. */
  withoutMeta = false;
  #transports: TransportStream[] = [];

  constructor(make: (options: winston.LoggerOptions) => winston.Logger) {
    this.log = make({ transports: [this.transport(0)] });
  }

  /** Always a new one: winston's forget their logger's level when they are removed, and then take every line. */
  transport(at: number): TransportStream {
    const transport = new TransportStream({
      handleExceptions: at === 1,
      log: (info: winston.Logform.TransformableInfo, next: () => void) => {
        const { timestamp: _t, service: _s, environment: _e, durationMs, ...fields } = info;
        const shown = Object.entries(fields).filter(
          ([name]) => !this.withoutMeta || !metaNames.includes(name),
        );
        this.got.push({
          ...Object.fromEntries(shown),
          ...{ at, message: String(info.message), timed: durationMs !== undefined },
        });
        next();
      },
    });
    this.#transports[at] = transport;
    return transport;
  }

  known(at: number): TransportStream {
    return this.#transports[at] ?? this.transport(at);
  }

  of(child: number): winston.Logger {
    return this.children[child - 1] ?? this.log;
  }

  /** What anybody can ask a logger. */
  state(): unknown {
    const { log } = this;
    const enabled = levels.map((level) => [log.isLevelEnabled(level), this.of(1).isLevelEnabled(level)]);
    const byName = [log.isErrorEnabled(), log.isInfoEnabled(), log.isDebugEnabled(), log.isSillyEnabled()];
    const present = this.#transports.map((each) => log.transports.includes(each));
    return { level: log.level, enabled, byName, present };
  }
}

type Step = (bench: Bench) => unknown;

const metaNames = ['meta', 'build'];
const level = fc.constantFrom(...levels);
const text = fc.constantFrom('a', 'Order paid', 'x: y', '100');
const value = fc.constantFrom<unknown>(1, 'v', true, null, [1, 2], { n: 1 });
const fieldsOf = (...names: readonly string[]) =>
  fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 3, noNullPrototype: true });
const data = fieldsOf('orderId', 'b', 'c');
const meta = fieldsOf(...metaNames);
const place = fc.nat(2);

/** Lines. winston keeps what is logged without any transport for later. */
const lines: fc.Arbitrary<(logger: winston.Logger) => unknown>[] = [
  fc.tuple(level, text).map(
    ([at, message]) =>
      (log) =>
        log[at](message),
  ),
  fc.tuple(level, text, data).map(
    ([at, message, fields]) =>
      (log) =>
        log[at](message, { ...fields }),
  ),
  fc.tuple(level, text, data).map(
    ([at, message, fields]) =>
      (log) =>
        log[at]({ message, ...fields }),
  ),
  level.map((at) => (log) => Reflect.apply(log[at], log, [])),
  fc.tuple(level, fc.constantFrom(1, 0, true, false)).map(
    ([at, it]) =>
      (log) =>
        Reflect.apply(log[at], log, [it]),
  ),
  fc.tuple(level, text).map(
    ([at, message]) =>
      (log) =>
        log.log(at, message),
  ),
  fc.tuple(level, text, data).map(
    ([at, message, fields]) =>
      (log) =>
        log.log(at, message, { ...fields }),
  ),
  fc.tuple(level, text, data).map(
    ([at, message, fields]) =>
      (log) =>
        log.log({ level: at, message, ...fields }),
  ),
  fc.tuple(level, text, data).map(
    ([at, message, it]) =>
      (log) =>
        Reflect.apply(log.log, log, [at, { message, ...it }]),
  ),
  fc.tuple(level, data).map(
    ([at, it]) =>
      (log) =>
        log[at]('%s paid %d%%', 'Ada', 12.5, { ...it }),
  ),
  level.map((at) => (log) => log.log(at, 'got %j', { a: [1] })),
  level.map((at) => (log) => log.log({ level: at, message: 'crash', exception: true })),
];
const bare: typeof lines = [
  fc.tuple(level, text, data).map(
    ([at, message, fields]) =>
      (log) =>
        log.write({ level: at, message, ...fields }),
  ),
  fc.tuple(text, data).map(
    ([id, fields]) =>
      (log) =>
        log.profile(id, { level: 'warn', ...fields }),
  ),
  text.map((id) => (log) => log.profile(id)),
  text.map((message) => (log) => log.startTimer().done({ message })),
];

function line(kinds: typeof lines, withoutMeta: boolean): fc.Arbitrary<Step> {
  return fc.tuple(fc.oneof(...kinds), place).map(([write, child]) => (bench) => {
    bench.withoutMeta = withoutMeta;
    if (bench.log.transports.length > 0) write(bench.of(child));
  });
}

const changes: fc.Arbitrary<Step>[] = [
  fc.tuple(place, fieldsOf('module', 'part')).map(([of, fields]) => (bench) => {
    const child = bench.of(of).child({ ...fields });
    if (bench.children.length < 2) bench.children.push(child);
  }),
  level.map(
    (at) =>
      ({ log }) =>
        Object.assign(log, { level: at }),
  ),
  fc.tuple(place, fc.option(fc.oneof(level, fc.constant<Level | ''>('')), { nil: undefined })).map(
    ([at, own]) =>
      (bench) =>
        Object.assign(bench.known(at), { level: own }),
  ),
  fc.tuple(place, fc.boolean()).map(
    ([at, silent]) =>
      (bench) =>
        Object.assign(bench.known(at), { silent }),
  ),
  fc.boolean().map(
    (silent) =>
      ({ log }) =>
        Object.assign(log, { silent }),
  ),
  place.map((at) => (bench) => {
    if (!bench.log.transports.includes(bench.known(at))) bench.log.add(bench.transport(at));
  }),
  place.map((at) => (bench) => bench.log.remove(bench.known(at))),
  fc.constant(({ log }) => log.clear()),
  meta.map(
    (defaultMeta) =>
      ({ log }) =>
        Object.assign(log, { defaultMeta: { ...defaultMeta } }),
  ),
  value.map(
    (build) =>
      ({ log }) =>
        Object.assign(log.defaultMeta ?? {}, { build }),
  ),
  fc
    .record(
      { level, silent: fc.boolean(), defaultMeta: meta, transports: fc.uniqueArray(place) },
      { requiredKeys: ['transports'] },
    )
    .map((options) => (bench) => {
      const transports = options.transports.map((at) => bench.transport(at));
      bench.log.configure({ ...options, transports });
    }),
];

const steps = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: line(lines, false) },
    { weight: 4, arbitrary: line(bare, true) },
    ...changes.map((arbitrary) => ({ weight: 1, arbitrary })),
  ),
  { minLength: 8, maxLength: 24 },
);

test.each([true, false])(
  'transports get what winston’s own logger gives them, whatever calls and changes came before (direct: %s)',
  (direct) => {
    const ours = ({ transports = [] }: winston.LoggerOptions): winston.Logger => {
      const log = createLogger({ service: 's', environment: 'e', process: false, direct, sinks: [] });
      for (const transport of [transports].flat()) log.add(transport);
      return log;
    };
    const theirs = (options: winston.LoggerOptions): winston.Logger =>
      winston.createLogger({ ...options, defaultMeta: {}, format: winston.format.splat() });
    fc.assert(
      fc.property(steps, (walk) => {
        const benches = [new Bench(theirs), new Bench(ours)] as const;
        for (const step of walk) {
          for (const bench of benches) step(bench);
          const [theirState, ourState] = benches.map((bench) => bench.state());
          expect(ourState).toEqual(theirState);
        }
        expect(benches[1].got).toEqual(benches[0].got);
      }),
      { numRuns: size({ test: 100, soak: 20_000 }) },
    );
  },
);
