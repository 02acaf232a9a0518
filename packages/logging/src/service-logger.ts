import { type Clock, type ProcessEvents, parseDuration } from '@seaworthy/contracts';
import type winston from 'winston';
import type { SchemaName } from './lines/line-schema.js';
import { loggerLifecycle } from './logger-lifecycle.js';
import { type FlushOptions, readFlushOptions } from './logger-options.js';
import type { LogRedactor } from './redaction/redactor.js';
import type { RepeatSampler } from './repeat-sampler.js';
import type { Sink, SinkStats } from './sinks/sink.js';
import type { Dispatch } from './winston/dispatch.js';

export interface LoggerStats {
  readonly sinks: readonly SinkStats[];
  /** winston transports that were added. `dropped`: lines they did not take, because they were full or had ended. */
  readonly transports: { readonly dropped: number; readonly lastError: string | undefined };
  /** Calls that a format or a transport broke by throwing; the sinks got their line. */
  readonly failed: number;
  /** Calls that came after `close()`, or when `end()` was over, and were dropped. */
  readonly late: number;
  /** Lines that were left out because they repeated others. */
  readonly sampled: number;
}

/** A winston logger, in type and in fact, with what a service needs at its end. */
export interface ServiceLogger extends winston.Logger {
  /** The redactor of the lines, for whatever else leaves the process. */
  readonly redactor: LogRedactor;
  /** What the fields of its lines are called. */
  readonly schema: SchemaName;
  stats(): LoggerStats;
  /** Resolves when all lines are with the operating system. @throws LoggingError `LOG_FLUSH_INCOMPLETE` */
  flush(options?: FlushOptions): Promise<void>;
  /** Opens log files anew under their names, for rotation without a signal. */
  reopen(): void;
  /**
   * Flushes, ends the transports, lets go of files and of the process; within its timeout. Lines that come later are dropped
   * and counted. It returns the logger, as winston's does, which can be awaited here; a second call joins the first.
   *
   * @throws LoggingError `LOG_FLUSH_INCOMPLETE`, when awaited and lines were left at the deadline
   */
  close(options?: FlushOptions): this & Promise<void>;
}

export interface ServiceParts {
  readonly schema: SchemaName;
  readonly sampler: RepeatSampler | undefined;
  /** Stops listening for the signal that changes the level. */
  readonly offSignal: (() => void) | undefined;
  readonly redactor: LogRedactor;
  readonly sinks: readonly Sink[];
  readonly dispatch: Dispatch;
  readonly clock: Clock;
  readonly processEvents: ProcessEvents | undefined;
  /** The line that says on stderr how many lines are lost with the process. */
  leftNotice(sink: string, lines: number): string;
  readonly lastTransportError: () => string | undefined;
}

/** Gives a winston logger the methods of a {@link ServiceLogger}. */
export function serviceLogger(logger: winston.Logger, parts: ServiceParts): ServiceLogger {
  const { redactor, schema, sampler, offSignal, sinks, dispatch, lastTransportError } = parts;
  const winstonClose = logger.close;
  const lifecycle = loggerLifecycle({ ...parts, logger, winstonClose: () => void winstonClose.call(logger) });
  let closing: Promise<void> | undefined;

  function close(options: FlushOptions = {}): Promise<void> {
    const { timeout = '5s' } = readFlushOptions(options);
    const timeoutMs = parseDuration(timeout);
    if (closing === undefined) {
      offSignal?.();
      closing = lifecycle.close(timeoutMs);
    }
    closing.catch(() => undefined); // winston's callers do not await; whoever does gets the failure
    return closing;
  }

  const added: Omit<ServiceLogger, keyof winston.Logger> &
    Record<'close' | typeof Symbol.asyncDispose, unknown> = {
    redactor,
    schema,
    stats: () => ({
      sinks: sinks.map((sink) => sink.stats()),
      transports: { dropped: dispatch.tally.dropped, lastError: lastTransportError() },
      failed: dispatch.tally.failed,
      late: dispatch.tally.late,
      sampled: sampler?.dropped() ?? 0,
    }),
    async flush(options: FlushOptions = {}) {
      const { timeout = '5s' } = readFlushOptions(options);
      await lifecycle.flush(parseDuration(timeout));
    },
    reopen() {
      for (const sink of sinks) sink.reopen();
    },
    close: (options?: FlushOptions) => awaitable(logger, close(options)),
    [Symbol.asyncDispose]: () => close(),
  };
  for (const name of Reflect.ownKeys(added)) {
    Object.defineProperty(logger, name, {
      value: Reflect.get(added, name),
      configurable: true,
      writable: true,
    });
  }
  return logger as ServiceLogger;
}

/** winston's `close` returns the logger, a `Closable`'s a promise. This is a logger that can be awaited once it is closed. */
function awaitable(logger: winston.Logger, promise: Promise<void>): winston.Logger & Promise<void> {
  const closed = Object.create(logger, { [Symbol.toStringTag]: { value: 'Promise' } });
  // On this object alone: were the logger itself thenable, an async function could not return it.
  for (const name of ['then', 'catch', 'finally'] as const) {
    Object.defineProperty(closed, name, { value: promise[name].bind(promise) });
  }
  return closed;
}
