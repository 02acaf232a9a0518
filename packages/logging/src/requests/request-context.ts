import type { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { activeContext, type LogContext, runInContext } from '../log-context.js';

/** Registered, so that two copies of this package still write one line. */
const slot = Symbol.for('seaworthy.logging.request.v1');

type Carrier = IncomingMessage & { [slot]?: LogContext };

/** The context that a request was given, by whichever copy of this package. */
export function contextOf(request: IncomingMessage): LogContext | undefined {
  return (request as Carrier)[slot];
}

/**
 * Keeps a request and its response in their context: events of a socket come from outside of it, and body parsers and stream
 * handlers would log without. Most requests have no listener but Node's own, so nothing is changed before the first one comes:
 * a property of its own on each request costs as much as the rest of a request log.
 */
export function stayIn(context: LogContext, request: IncomingMessage, response: ServerResponse): void {
  (request as Carrier)[slot] = context;

  function onNewListener(this: EventEmitter): void {
    if (response.writableFinished) return; // Node itself listens for the request's end
    this.off('newListener', onNewListener);
    const { emit } = this;
    this.emit = function emitInContext(...event: Parameters<EventEmitter['emit']>) {
      if (activeContext()?.trace === context.trace) return emit.apply(this, event);
      return runInContext(context, () => emit.apply(this, event));
    };
  }

  request.on('newListener', onNewListener);
  response.on('newListener', onNewListener);
}
