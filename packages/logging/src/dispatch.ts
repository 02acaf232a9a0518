import type winston from 'winston';
import type TransportStream from 'winston-transport';
import type { BoundFields, LineFormat } from './line-format.js';
import { SinkTransport } from './sink-transport.js';
import { infoOf, shaped } from './winston-format.js';

/** Lines that wait in a transport of somebody else; beyond it new ones are dropped and counted. */
const transportBound = 10_000;

export interface DispatchOptions {
  readonly lines: LineFormat;
  /** Asked again after {@link Dispatch.forget}. */
  transports(): readonly TransportStream[];
  format(): winston.Logform.Format | undefined;
  bound(logger: winston.Logger): BoundFields;
}

/** Brings a call to the transports that want it: the level gate first, one rendering for all of them. */
export interface Dispatch {
  /** Never throws, whatever the data, the format or a transport does. */
  send(logger: winston.Logger, level: string, message: unknown, rest: readonly unknown[]): void;
  /** The transports have changed. */
  forget(): void;
  readonly tally: DispatchTally;
}

export interface DispatchTally {
  /** Lines that a foreign transport did not take because it was full or had ended. */
  transportDropped: number;
  /** Calls that could not be brought to every transport because one of them, or the format, threw. */
  failed: number;
}

interface Plan {
  readonly own: readonly SinkTransport[];
  readonly foreign: readonly TransportStream[];
}

export function createDispatch(options: DispatchOptions): Dispatch {
  const { lines, transports, format, bound } = options;
  const tally: DispatchTally = { transportDropped: 0, failed: 0 };
  let plan: Plan | undefined;

  function makePlan(): Plan {
    const all = transports();
    const own = all.filter((transport) => transport instanceof SinkTransport);
    return { own, foreign: all.filter((transport) => !(transport instanceof SinkTransport)) };
  }

  function send(logger: winston.Logger, level: string, message: unknown, rest: readonly unknown[]): void {
    const { levels } = logger;
    const value = levels[level];
    if (value === undefined) {
      const instead = levels.warn === undefined ? (Object.keys(levels)[0] ?? '') : 'warn';
      if (levels[instead] !== undefined) send(logger, instead, message, [...rest, { unknownLevel: level }]);
      return;
    }
    if (logger.silent) return;
    plan ??= makePlan();
    const general = levels[logger.level];
    let line: string | undefined;
    for (const transport of plan.own) {
      if (!wants(transport, value, general, levels)) continue;
      line ??= lines.line(level, message, rest, bound(logger));
      transport.sink.write(line);
    }
    if (plan.foreign.length === 0) return;
    const heard = plan.foreign.filter((transport) => wants(transport, value, general, levels));
    if (heard.length === 0) return;
    line ??= lines.line(level, message, rest, bound(logger));
    deliver(heard, line, level);
  }

  function deliver(heard: readonly TransportStream[], line: string, level: string): void {
    const info = shaped(infoOf(line, level), format());
    if (info === undefined) return;
    for (const transport of heard) {
      const state = stateOf(transport);
      if (state.ending === true || (state.length ?? 0) >= transportBound) {
        tally.transportDropped += 1;
        continue;
      }
      try {
        transport.write(info);
      } catch {
        tally.failed += 1;
      }
    }
  }

  return {
    tally,
    send(logger, level, message, rest) {
      try {
        send(logger, level, message, rest);
      } catch {
        tally.failed += 1;
      }
    },
    forget() {
      plan = undefined;
    },
  };
}

function wants(
  transport: TransportStream,
  value: number,
  general: number | undefined,
  levels: Readonly<Record<string, number>>,
): boolean {
  if (transport.silent === true) return false;
  const limit = transport.level === undefined ? general : levels[transport.level];
  return limit !== undefined && value <= limit;
}

/** readable-stream 3, on which winston's transports stand, has no public property for either. */
export function stateOf(stream: object): {
  readonly ending?: boolean;
  readonly finished?: boolean;
  readonly length?: number;
} {
  return Reflect.get(stream, '_writableState') ?? {};
}
