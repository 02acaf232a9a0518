import type winston from 'winston';
import type TransportStream from 'winston-transport';
import type { LineFormat } from '../lines/line-format.js';
import type { BoundFields } from '../lines/name-rules.js';
import type { RepeatSampler } from '../repeat-sampler.js';
import { levelInstead, rankOf } from './logger-level.js';
import { SinkTransport } from './sink-transport.js';
import { createTransportQueue, type TransportQueue, type TransportTally } from './transport-queue.js';
import { infoOf, shaped } from './winston-format.js';

export interface DispatchOptions {
  readonly lines: LineFormat;
  /** Asked again after {@link Dispatch.forget}. */
  transports(): readonly TransportStream[];
  format(): winston.Logform.Format | undefined;
  bound(logger: winston.Logger): BoundFields;
  readonly sampler?: RepeatSampler | undefined;
}

/** Brings a call to the transports that want it: the level gate first, one rendering for all of them. */
export interface Dispatch {
  /** Never throws, whatever the data, the format or a transport does. */
  send(logger: winston.Logger, level: string, message: unknown, rest: readonly unknown[]): void;
  /** The same for a line of the logger's own, which is not sampled. */
  note(logger: winston.Logger, level: string, message: string, data: object): void;
  /** A line that is finished, to the sinks that want its level. */
  toSinks(logger: winston.Logger, level: string, line: string): void;
  /** Runs `work` after each line from now on, before the call returns; `undefined`: nothing any more. Then none is sampled either. */
  afterEachLine(work: (() => void) | undefined): void;
  /** From now on, calls are counted and nothing else. */
  end(): void;
  /** Whether `end` was called; it counts the call as late. */
  isLate(): boolean;
  isEnded(): boolean;
  /** The transports have changed. */
  forget(): void;
  readonly tally: TransportTally;
  /** Whether all winston transports have taken what they were given, those that were removed meanwhile too. */
  idle(): boolean;
  /** Calls back, perhaps at once, when one transport has taken what it was given. */
  whenTaken(transport: TransportStream, then: () => void): void;
  /** What waits for one transport is given up and counted. */
  giveUp(transport: TransportStream): void;
  /** No winston transport gets a further line; calls back, perhaps at once, when all have taken what they were given. */
  finish(then: () => void): void;
}

interface Plan {
  readonly own: readonly SinkTransport[];
  readonly foreign: readonly TransportStream[];
}

export function createDispatch(options: DispatchOptions): Dispatch {
  const { lines, transports, format, bound, sampler } = options;
  const tally: TransportTally = { dropped: 0, failed: 0, late: 0 };
  const queues = new Map<TransportStream, TransportQueue>();
  let plan: Plan | undefined;
  let ended = false;
  let finishing = false;
  let afterLine: (() => void) | undefined;

  function makePlan(): Plan {
    const all = transports();
    const own = all.filter((transport) => transport instanceof SinkTransport);
    return { own, foreign: all.filter((transport) => !(transport instanceof SinkTransport)) };
  }

  function send(
    logger: winston.Logger,
    level: string,
    message: unknown,
    rest: readonly unknown[],
    sampling: RepeatSampler | undefined,
  ): void {
    const { levels } = logger;
    const value = rankOf(levels, level);
    if (value === undefined) {
      const instead = levelInstead(levels);
      if (instead !== undefined) {
        send(logger, instead, message, [...rest, { unknownLevel: level }], sampling);
      }
      return;
    }
    if (logger.silent || isLate()) return;
    plan ??= makePlan();
    const general = levels[logger.level];
    let line: string | undefined;
    for (const transport of plan.own) {
      if (!wants(transport, value, general, levels)) continue;
      line ??= lineOf(logger, level, message, rest, sampling);
      if (line === undefined) return;
      transport.sink.write(line);
    }
    if (plan.foreign.length === 0) return;
    const heard = plan.foreign.filter((transport) => wants(transport, value, general, levels));
    if (heard.length === 0) return;
    line ??= lineOf(logger, level, message, rest, sampling);
    if (line !== undefined) deliver(heard, line, level);
  }

  /** `undefined`: not this one of many alike. */
  function lineOf(
    logger: winston.Logger,
    level: string,
    message: unknown,
    rest: readonly unknown[],
    sampling: RepeatSampler | undefined,
  ): string | undefined {
    if (sampling?.admits(level, message) === false) return undefined;
    return lines.line(level, message, rest, bound(logger));
  }

  function isLate(): boolean {
    if (ended) tally.late += 1;
    return ended;
  }

  function toSinks(logger: winston.Logger, level: string, line: string): void {
    const { levels } = logger;
    const value = rankOf(levels, level);
    if (value === undefined) return;
    plan ??= makePlan();
    const general = levels[logger.level];
    for (const transport of plan.own) {
      if (wants(transport, value, general, levels)) transport.sink.write(line);
    }
    afterLine?.();
  }

  function attempt(
    logger: winston.Logger,
    level: string,
    message: unknown,
    rest: readonly unknown[],
    sampling: RepeatSampler | undefined,
  ): void {
    try {
      send(logger, level, message, rest, sampling);
    } catch {
      tally.failed += 1;
    }
    afterLine?.();
  }

  function deliver(heard: readonly TransportStream[], line: string, level: string): void {
    if (finishing) {
      tally.dropped += heard.length;
      return;
    }
    const info = shaped(infoOf(lines.schema, line, level), format());
    if (info === undefined) return;
    for (const transport of heard) queueOf(transport).push(info, line.length);
  }

  function queueOf(transport: TransportStream): TransportQueue {
    let queue = queues.get(transport);
    if (queue === undefined) {
      queue = createTransportQueue(transport, tally);
      queues.set(transport, queue);
    }
    return queue;
  }

  function finish(then: () => void): void {
    finishing = true;
    let left = 1;
    const oneLess = (): void => {
      left -= 1;
      if (left === 0) then();
    };
    for (const queue of queues.values()) {
      left += 1;
      queue.whenIdle(oneLess);
    }
    oneLess();
  }

  return {
    tally,
    toSinks,
    isLate,
    isEnded: () => ended,
    end() {
      ended = true;
      for (const queue of queues.values()) queue.giveUp();
    },
    send: (logger, level, message, rest) =>
      attempt(logger, level, message, rest, afterLine === undefined ? sampler : undefined),
    note: (logger, level, message, data) => attempt(logger, level, message, [data], undefined),
    afterEachLine(work) {
      afterLine = work;
    },
    idle: () => [...queues.values()].every((queue) => queue.idle()),
    whenTaken(transport, then) {
      const queue = queues.get(transport);
      queue === undefined ? then() : queue.whenIdle(then);
    },
    giveUp(transport) {
      const queue = queues.get(transport);
      queues.delete(transport);
      queue?.giveUp();
    },
    finish,
    forget() {
      plan = undefined;
      const present = new Set(transports());
      for (const [transport, queue] of queues) {
        if (!present.has(transport) && queue.idle()) queues.delete(transport);
      }
    },
  };
}

function wants(
  transport: TransportStream,
  value: number,
  general: number | undefined,
  levels: Readonly<Record<string, number>>,
): boolean {
  const { silent, level } = transport;
  if (silent) return false;
  const limit = level ? levels[level] : general; // as winston: no level, an empty one too, is the logger's
  return limit !== undefined && value <= limit;
}
