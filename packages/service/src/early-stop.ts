import { processEvents } from '@seaworthy/contracts';
import { ServiceError } from './service-error.js';

/** What a signal does until there is a health that owns the shutdown: it must not leave half of a service behind. */
export interface EarlyStop {
  /** Aborts with `SERVICE_STOPPED` when the service must stop before it has started. */
  readonly signal: AbortSignal;
  /** The start is over, and what it had to close is closed. @param unfinished - Why the stop was no clean one. */
  over(unfinished?: unknown): void;
}

/** @param signals - `false`: the process belongs to somebody else. */
export function earlyStop(signals: boolean): EarlyStop {
  const stop = new AbortController();
  let settle: (unfinished: unknown) => void = () => undefined;
  const settled = new Promise<unknown>((resolve) => {
    settle = resolve;
  });
  const unregister = signals
    ? processEvents().onShutdown(async () => {
        stop.abort(
          new ServiceError('The service was told to stop before it had started.', {
            code: 'SERVICE_STOPPED',
          }),
        );
        const unfinished = await settled; // the process exits after this, so not before everything is closed
        if (unfinished !== undefined) throw unfinished; // and with 1
      })
    : () => undefined;
  return {
    signal: stop.signal,
    over(unfinished) {
      unregister();
      settle(unfinished);
    },
  };
}
