import { AsyncResource } from 'node:async_hooks';
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
    const errors = errorsOf.get(answer) ?? new Set();
    if (errors.has(error)) return;
    errorsOf.set(answer, errors.add(error));
    // Behind the headers an error breaks off the answer, or is too late for it, unless it only says that the client has left.
    const broken = answer.headersSent && (answer.writableFinished || !answer.destroyed);
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

/** Where the client left before a status was chosen, by the error's own. */
function failed(answer: Answer, error: unknown): boolean {
  const chosen = answer.headersSent || answer.statusCode !== 200;
  return chosen ? answer.statusCode >= 500 : isServerError(error);
}
