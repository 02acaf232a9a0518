import type { Clock } from '@seaworthy/contracts';
import { DbError } from '../db-error.js';
import { onAbort } from '../pool/on-abort.js';
import { abortedError } from '../pool/waiter-queue.js';

export interface WaitLimits {
  readonly timeoutMs: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/**
 * One statement under way for any number of callers. It ends early only when the last of them has gone, so nobody's
 * impatience fails the others.
 */
export class SharedLoad {
  readonly tags: readonly string[];
  /** Something it has read was changed while it ran: whoever waits gets its answer, nobody after them. */
  isStale = false;
  readonly #controller = new AbortController();
  readonly #bytes: Promise<Buffer>;
  readonly #clock: Clock;
  #waiters = 0;

  constructor(tags: readonly string[], clock: Clock, work: (signal: AbortSignal) => Promise<Buffer>) {
    this.tags = tags;
    this.#clock = clock;
    this.#bytes = work(this.#controller.signal);
    // Every waiter has a handler of its own; when all have gone, nobody has.
    this.#bytes.catch(() => undefined);
  }

  /** Whether everybody has left it. */
  get isAbandoned(): boolean {
    return this.#controller.signal.aborted;
  }

  wait({ timeoutMs, signal }: WaitLimits): Promise<Buffer> {
    this.#waiters += 1;
    return new Promise((resolve, reject) => {
      let isGone = false;
      const leave = (): void => {
        if (isGone) return;
        isGone = true;
        timer?.cancel();
        signal?.removeEventListener('abort', whenAborted);
        this.#waiters -= 1;
      };
      const giveUp = (error: DbError): void => {
        leave();
        if (this.#waiters === 0) this.#controller.abort(error);
        reject(error);
      };
      const whenAborted = (): void => giveUp(abortedError(signal));
      const timer =
        timeoutMs === undefined
          ? undefined
          : this.#clock.schedule(() => giveUp(waitedTooLong()), timeoutMs, { keepAlive: true });
      if (signal !== undefined) onAbort(signal, whenAborted);
      this.#bytes.then(
        (bytes) => {
          leave();
          resolve(bytes);
        },
        (error) => {
          leave();
          reject(error);
        },
      );
    });
  }
}

function waitedTooLong(): DbError {
  return new DbError(
    'query_timeout',
    'The answer that several callers wait for did not come by the deadline of this one. Look at the statement, or raise the timeout.',
  );
}
