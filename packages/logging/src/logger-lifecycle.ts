import type { ProcessEvents } from '@seaworthy/contracts';
import { sleep } from '@seaworthy/contracts';
import type winston from 'winston';
import { isError } from './lines/is-error.js';
import { LoggingError } from './logging-error.js';
import type { RepeatSampler } from './repeat-sampler.js';
import { type LastFlushOptions, lastFlush } from './sinks/last-flush.js';
import { stateOf } from './sinks/stream-state.js';
import { SinkTransport } from './winston/sink-transport.js';

export interface LoggerLifecycle {
  flush(timeoutMs: number): Promise<void>;
  close(timeoutMs: number): Promise<void>;
}

export interface LifecycleOptions extends LastFlushOptions {
  readonly logger: winston.Logger;
  readonly sampler: RepeatSampler | undefined;
  readonly processEvents: ProcessEvents | undefined;
  /** winston's own `close`: unhooks exception handlers, unpipes, emits `close`. */
  readonly winstonClose: () => void;
}

/** Ties a logger to its process, and empties and closes everything it writes to. */
export function loggerLifecycle(options: LifecycleOptions): LoggerLifecycle {
  const { logger, sinks, dispatch, sampler, clock, processEvents, winstonClose } = options;

  const last = lastFlush(options);
  const registrations = [
    processEvents?.onExit(() => {
      sampler?.tell();
      last.atExit();
    }),
    processEvents?.onCrash(({ kind, error }) => {
      const text = kind === 'uncaughtException' ? 'Uncaught exception' : 'Unhandled rejection';
      sampler?.tell(); // the crash is the last line
      dispatch.note(logger, mostSevere(logger.levels), text, isError(error) ? error : { reason: error });
      last.atCrash();
      if (dispatch.isEnded()) throw error; // nobody has written it, so that it goes to stderr
    }),
  ];

  const foreign = (): readonly object[] =>
    logger.transports.filter((transport) => !(transport instanceof SinkTransport));

  async function until(done: () => boolean, timeoutMs: number, what: string): Promise<void> {
    const giveUpAt = clock.monotonic() + timeoutMs;
    while (!done()) {
      if (clock.monotonic() >= giveUpAt) {
        throw new LoggingError(`${what} in time. Look at what it writes to; its last lines may be lost.`, {
          code: 'LOG_FLUSH_INCOMPLETE',
        });
      }
      await sleep(clock, 5);
    }
  }

  /** Nothing waits in winston's stream or in front of a transport. What a transport holds inside, only its end brings out. */
  function transportsIdle(): boolean {
    const streams = [logger, ...foreign()];
    const empty = streams.every((stream) => (stateOf(stream).length ?? 0) === 0);
    return empty && logger.readableLength === 0 && dispatch.idle();
  }

  async function flush(timeoutMs: number): Promise<void> {
    const idle = until(transportsIdle, timeoutMs, 'A winston transport did not take its lines');
    await settled([...sinks.map(async (sink) => sink.flush(timeoutMs)), idle]);
  }

  /** Ends winston's stream, so that each transport finishes. Not before it is idle: winston's File loses what then waits. */
  async function finish(timeoutMs: number): Promise<void> {
    const startedAt = clock.monotonic();
    try {
      await flush(timeoutMs);
    } finally {
      sampler?.tell(); // what was left out meanwhile; a sink whose stream has finished takes no line
      if (stateOf(logger).ending !== true) logger.end();
      const restMs = timeoutMs - (clock.monotonic() - startedAt);
      await until(() => stateOf(logger).finished === true, restMs, 'A winston transport did not finish');
    }
  }

  async function close(timeoutMs: number): Promise<void> {
    sampler?.tell();
    try {
      await finish(timeoutMs);
    } finally {
      for (const unregister of registrations) unregister?.();
      const closed = settled(sinks.map(async (sink) => sink.close()));
      dispatch.end();
      winstonClose();
      await closed;
    }
  }

  return { flush, close };
}

/** Waits for all, then fails with the first failure: one stuck sink must not cut short the others. */
async function settled(work: ReadonlyArray<Promise<void>>): Promise<void> {
  for (const result of await Promise.allSettled(work)) {
    if (result.status === 'rejected') throw result.reason;
  }
}

function mostSevere(levels: Readonly<Record<string, number>>): string {
  if (levels.error !== undefined) return 'error';
  return Object.entries(levels).sort(([, one], [, other]) => one - other)[0]?.[0] ?? 'error';
}
