import type { Clock, ProcessEvents } from '@seaworthy/contracts';
import { sleep } from '@seaworthy/contracts';
import type winston from 'winston';
import { type Dispatch, stateOf } from './dispatch.js';
import { LoggingError } from './logging-error.js';
import type { Sink } from './sink.js';
import { SinkTransport } from './sink-transport.js';

export interface LoggerLifecycle {
  flush(timeoutMs: number): Promise<void>;
  close(timeoutMs: number): Promise<void>;
}

export interface LifecycleOptions {
  readonly logger: winston.Logger;
  readonly sinks: readonly Sink[];
  readonly dispatch: Dispatch;
  readonly clock: Clock;
  readonly processEvents: ProcessEvents | undefined;
  /** winston's own `close`: unhooks exception handlers, unpipes, emits `close`. */
  readonly winstonClose: () => void;
}

/** How long an exit may wait for a reader of stdout that does not read. */
const exitWaitMs = 1_000;

/** Ties a logger to its process, and empties and closes everything it writes to. */
export function loggerLifecycle(options: LifecycleOptions): LoggerLifecycle {
  const { logger, sinks, dispatch, clock, processEvents, winstonClose } = options;

  const flushSinksNow = (): void => {
    for (const sink of sinks) sink.flushSync(exitWaitMs);
  };
  const registrations = [
    processEvents?.onExit(flushSinksNow),
    processEvents?.onCrash(({ kind, error }) => {
      const text = kind === 'uncaughtException' ? 'Uncaught exception' : 'Unhandled rejection';
      dispatch.send(logger, mostSevere(logger.levels), text, [
        error instanceof Error ? error : { reason: error },
      ]);
      flushSinksNow();
    }),
  ];

  const foreign = (): readonly object[] =>
    logger.transports.filter((transport) => !(transport instanceof SinkTransport));

  async function until(done: () => boolean, timeoutMs: number, what: string): Promise<void> {
    const giveUpAt = clock.monotonic() + timeoutMs;
    while (!done()) {
      if (clock.monotonic() >= giveUpAt) {
        throw new LoggingError(`${what} within ${timeoutMs} ms. Its lines may be lost.`, {
          code: 'LOG_FLUSH_INCOMPLETE',
        });
      }
      await sleep(clock, 5);
    }
  }

  async function flush(timeoutMs: number): Promise<void> {
    const drained = until(
      () => foreign().every((transport) => (stateOf(transport).length ?? 0) === 0),
      timeoutMs,
      'A winston transport did not take its lines',
    );
    await settled([...sinks.map((sink) => sink.flush(timeoutMs)), drained]);
  }

  /** Ends the stream, as winston asks for, so that each transport finishes what it holds. */
  async function endTransports(timeoutMs: number): Promise<void> {
    if (stateOf(logger).ending !== true) logger.end();
    await until(() => stateOf(logger).finished === true, timeoutMs, 'A winston transport did not finish');
  }

  async function close(timeoutMs: number): Promise<void> {
    const startedAt = clock.monotonic();
    try {
      await settled(sinks.map((sink) => sink.flush(timeoutMs)));
    } finally {
      const restMs = Math.max(timeoutMs - (clock.monotonic() - startedAt), 0);
      try {
        await endTransports(restMs);
      } finally {
        for (const unregister of registrations) unregister?.();
        for (const sink of sinks) sink.close();
        winstonClose();
        dispatch.forget();
      }
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
