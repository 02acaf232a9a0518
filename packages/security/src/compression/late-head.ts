import type { ServerResponse } from 'node:http';
import { headPairs } from '../head-pairs.js';

/**
 * Holds a head that was written back until the body begins: how long an answer is, is known when it ends at once, and
 * `writeHead(200, …)` before `end(body)` would hide that. Headers that are flushed go out at once.
 */
export function holdHead(response: ServerResponse): void {
  const { writeHead, write, end, flushHeaders } = response;
  let held = true;
  // Nothing is put back: whoever came later and wraps these too (a session's cookie, a log) would be taken off with them.
  const passing =
    <Args extends unknown[], Result>(call: (this: ServerResponse, ...args: Args) => Result) =>
    (...args: Args): Result => {
      held = false;
      return call.apply(response, args);
    };
  Object.assign(response, {
    writeHead: (...args: readonly unknown[]): ServerResponse => {
      if (!held) return Reflect.apply(writeHead, response, args);
      const [status, ...rest] = args;
      response.statusCode = Number(status);
      for (const part of rest) {
        if (typeof part === 'string') response.statusMessage = part;
        else for (const [name, value] of headPairs(part)) response.setHeader(name, value);
      }
      return response;
    },
    write: passing(write),
    end: passing(end),
    flushHeaders: passing(flushHeaders),
  });
}
