import type { IncomingMessage, ServerResponse } from 'node:http';
import { OptionsError } from '@seaworthy/contracts';

/** What a level is read from and set at. */
export interface Levelled {
  level: string;
}

export interface LevelAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body: string;
}

/** The policy that the adapters share. */
export function answerLevel(logger: Levelled, method: string | undefined, url: string): LevelAnswer {
  if (method === 'GET') return answer(200, { level: logger.level });
  if (method !== 'PUT') {
    return answer(405, { error: 'Use GET, or PUT with ?level=debug.' }, { allow: 'GET, PUT' });
  }
  const query = url.includes('?') ? url.slice(url.indexOf('?')) : '';
  const level = new URLSearchParams(query).get('level') ?? '';
  try {
    logger.level = level;
  } catch (error) {
    if (!OptionsError.is(error)) throw error;
    return answer(400, { error: error.message });
  }
  return answer(200, { level: logger.level });
}

function answer(
  statusCode: number,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): LevelAnswer {
  return {
    statusCode,
    headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store', ...headers },
    body: JSON.stringify(body),
  };
}

/**
 * A route that shows the logger's level and changes it: `GET` answers `{"level":"info"}`, `PUT ?level=debug` sets it. It asks nobody
 * for a password: mount it behind whatever guards the service's other administration.
 *
 * @example
 * app.use('/admin/log-level', requireAdmin, levelRoute(log));
 */
export function levelRoute(logger: Levelled): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const { statusCode, headers, body } = answerLevel(logger, request.method, request.url ?? '/');
    response.writeHead(statusCode, headers).end(body);
  };
}
