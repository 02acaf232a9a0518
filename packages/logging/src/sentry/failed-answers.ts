import { AsyncResource } from 'node:async_hooks';
import { errorCode } from '@seaworthy/contracts';
import { isServerError } from './is-server-error.js';

/** The part of a `ServerResponse` that says how a request ended. */
export interface Answer {
  readonly statusCode: number;
  readonly headersSent: boolean;
  readonly writableFinished: boolean;
  readonly closed: boolean;
  readonly destroyed: boolean;
  prependOnceListener(event: 'finish' | 'close', listener: () => void): unknown;
}

/** Calls `capture`, in the context of the error, when the error turns out to have made a failure of the answer. */
export type FailedAnswers = (answer: Answer, error: unknown, capture: () => void) => void;

/**
 * Waits for the end of the answer, because only its status says what the service made of an error: an error of somebody else's 404 may
 * be answered with 500, one without a status with 404. Each error of an answer is captured once, however many handlers see it.
 */
export function failedAnswers(): FailedAnswers {
  const errorsOf = new WeakMap<Answer, Set<unknown>>();

  return (answer, error, capture) => {
    // What stands in for an answer in a test or a function may have no end; the error is told of and handed on all the same.
    if (typeof answer.prependOnceListener !== 'function') {
      if (isServerError(error)) capture();
      return;
    }
    const errors = errorsOf.get(answer) ?? new Set();
    if (errors.has(error)) return;
    errorsOf.set(answer, errors.add(error));
    // Behind the headers an error breaks off the answer, or is too late for it, and no status can tell.
    const broken = answer.headersSent && !saysThatClientLeft(answer, error);
    let decided = false;
    const decide = AsyncResource.bind(() => {
      if (decided) return;
      decided = true;
      if (broken || failed(answer, error)) capture();
    });
    if (answer.closed)
      setImmediate(decide); // by then the service's own handler has chosen a status
    else {
      // Before others, such as Sentry's, that count the request as a good one. A client that leaves is a close without a finish.
      answer.prependOnceListener('finish', decide);
      answer.prependOnceListener('close', decide);
    }
  };
}

/** What streams say of an answer that was closed under them; where a stream was at fault, its own error is handed on. */
const endings: ReadonlySet<unknown> = new Set([
  'ERR_STREAM_PREMATURE_CLOSE',
  'ERR_STREAM_DESTROYED',
  'ECONNRESET',
  'EPIPE',
]);

function saysThatClientLeft({ destroyed, writableFinished }: Answer, error: unknown): boolean {
  return destroyed && !writableFinished && endings.has(errorCode(error));
}

/** Where the client left before a status was chosen, by the error's own. */
function failed(answer: Answer, error: unknown): boolean {
  const chosen = answer.headersSent || answer.statusCode !== 200;
  return chosen ? answer.statusCode >= 500 : isServerError(error);
}
