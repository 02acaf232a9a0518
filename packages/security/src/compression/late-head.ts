import type { ServerResponse } from 'node:http';

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
        else for (const [name, value] of pairsOf(part)) response.setHeader(name, value);
      }
      return response;
    },
    write: passing(write),
    end: passing(end),
    flushHeaders: passing(flushHeaders),
  });
}

/** An object, or a list of names and values, or of pairs of them. */
function pairsOf(headers: unknown): Iterable<readonly [string, string | string[]]> {
  const pairs: ReadonlyArray<readonly unknown[]> = !Array.isArray(headers)
    ? Object.entries(typeof headers === 'object' && headers !== null ? headers : {})
    : headers.every(Array.isArray)
      ? headers
      : headers.flatMap((name: unknown, at) => (at % 2 === 0 ? [[name, headers[at + 1]]] : []));
  const values = new Map<string, string | string[]>();
  for (const [name, value] of pairs) {
    if (value === undefined) continue;
    const before = values.get(String(name));
    const all = [before ?? [], value].flat().map(String);
    values.set(String(name), all.length === 1 ? String(all[0]) : all);
  }
  return values;
}
