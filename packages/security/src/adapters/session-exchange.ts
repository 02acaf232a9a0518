import type { IncomingMessage, ServerResponse } from 'node:http';
import { headPairs } from '../head-pairs.js';
import type { CookieSink, Session } from '../sessions/session.js';
import { SessionError } from '../sessions/session-error.js';
import type { Sessions } from '../sessions/sessions.js';
import type { Middleware } from './exchange.js';

/** What a request gets whose session cannot be asked for. */
export const unavailable = {
  status: 503,
  headers: {
    'content-type': 'application/problem+json; charset=utf-8',
    'cache-control': 'no-store',
    'retry-after': '1',
  },
  body: JSON.stringify({
    type: 'about:blank',
    title: 'Service Unavailable',
    status: 503,
    code: 'SESSIONS_UNAVAILABLE',
    detail: 'Sessions cannot be looked up. Try again shortly.',
  }),
} as const;

/** Loads the session of a request of Node's own kind; `false` when it cannot be asked for. */
export async function loadSession<Data extends object>(
  sessions: Sessions<Data>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  try {
    await sessions.open(request, request.headers.cookie, sinkOf(response));
    return true;
  } catch (error) {
    if (SessionError.is(error) && error.statusCode === 503) return false;
    throw error;
  }
}

/**
 * Loads the session of every request that comes by: mount it before the routes that ask, after `secure`. A request whose
 * session cannot be looked up gets 503.
 *
 * @example
 * app.use('/api', withSession(sessions));
 */
export function withSession<Data extends object>(sessions: Sessions<Data>): Middleware<IncomingMessage> {
  return (request, response, next) => {
    loadSession(sessions, request, response).then((loaded) => {
      if (response.destroyed) return;
      if (loaded) next();
      else response.writeHead(unavailable.status, unavailable.headers).end(unavailable.body);
    }, next);
  };
}

/** The session of a request that {@link withSession} saw. */
export function sessionOf<Data extends object>(
  sessions: Sessions<Data>,
  request: IncomingMessage,
): Session<Data> {
  return sessions.of(request);
}

/**
 * Adds the cookie when the head is written, after everybody else had their say: only then is it certain that no handler makes
 * an answer with somebody's cookie in it one that caches may keep.
 */
function sinkOf(response: ServerResponse): CookieSink {
  let line: string | undefined;
  return {
    get open() {
      return !response.headersSent;
    },
    set(next) {
      const isFirst = line === undefined;
      line = next;
      if (isFirst) onHead(response, () => line ?? '');
    },
  };
}

/** What shared caches believe before Cache-Control: targeted fields (RFC 9213), and those of CDNs and nginx from before it. */
const overridesNoStore =
  /^(?:(?:.+-)?cdn-cache-control|surrogate-control|edge-control|x-accel-expires|expires)$/;

function onHead(response: ServerResponse, lineOf: () => string): void {
  const writeHead = response.writeHead;
  // The way of on-headers: Node calls it for whoever does not.
  const withCookie = (status: number, ...rest: readonly unknown[]): ServerResponse => {
    response.writeHead = writeHead;
    const reason = rest.find((each) => typeof each === 'string');
    for (const [name, value] of headPairs(rest.find((each) => typeof each === 'object' && each !== null))) {
      response.setHeader(name, value);
    }
    response.appendHeader('Set-Cookie', lineOf());
    for (const name of response.getHeaderNames())
      if (overridesNoStore.test(name)) response.removeHeader(name);
    response.setHeader('Cache-Control', 'no-store');
    return reason === undefined ? response.writeHead(status) : response.writeHead(status, reason);
  };
  Object.assign(response, { writeHead: withCookie });
}
