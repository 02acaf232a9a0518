import type { IncomingMessage, ServerResponse } from 'node:http';
import { OptionsError } from '@seaworthy/contracts';

/**
 * A route that shows the logger's level and changes it: `GET` answers `{"level":"info"}`, `PUT ?level=debug` sets it. It asks nobody
 * for a password: mount it behind whatever guards the service's other administration.
 *
 * @example
 * app.use('/admin/log-level', requireAdmin, levelRoute(log));
 */
export function levelRoute(logger: {
  level: string;
}): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const answer = (statusCode: number, body: object): void => {
      response.writeHead(statusCode, {
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-store',
      });
      response.end(JSON.stringify(body));
    };
    if (request.method === 'GET') return answer(200, { level: logger.level });
    if (request.method !== 'PUT') {
      response.setHeader('allow', 'GET, PUT');
      return answer(405, { error: 'Use GET, or PUT with ?level=debug.' });
    }
    const level = new URL(request.url ?? '/', 'http://localhost').searchParams.get('level') ?? '';
    try {
      logger.level = level;
    } catch (error) {
      if (!OptionsError.is(error)) throw error;
      return answer(400, { error: error.message });
    }
    return answer(200, { level: logger.level });
  };
}
