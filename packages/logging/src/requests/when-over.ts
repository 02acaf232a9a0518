import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** What to tell of the responses that wait for their turn on a connection. */
const waitingOn = new WeakMap<Socket, Set<() => void>>();

/**
 * Calls `done` once when a response is over: it is out, or nobody will read it. A pipelined response that its connection never came
 * to emits neither `finish` nor `close`, so its connection is asked too; and one that is over already emits nothing more.
 */
export function whenOver(raw: IncomingMessage, response: ServerResponse, done: () => void): void {
  if (response.destroyed) {
    process.nextTick(done);
    return;
  }
  // It comes after `finish` too, and each listener costs some two percent of an Express request.
  response.on('close', done);
  if (response.socket === null) whenLeft(raw.socket, response, done);
}

/** One listener for a connection, however many requests a client sends ahead. */
function whenLeft(socket: Socket, response: ServerResponse, done: () => void): void {
  const leave = (): void => {
    response.off('close', done);
    done();
  };
  if (socket.closed) {
    process.nextTick(leave);
    return;
  }
  const waiting = waitingOn.get(socket) ?? watched(socket);
  waiting.add(leave);
  response.on('close', () => waiting.delete(leave));
}

function watched(socket: Socket): Set<() => void> {
  const waiting = new Set<() => void>();
  waitingOn.set(socket, waiting);
  socket.once('close', () => {
    for (const leave of waiting) leave();
  });
  return waiting;
}
