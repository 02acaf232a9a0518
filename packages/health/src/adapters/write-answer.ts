import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import type { HealthAnswer } from '../endpoints.js';
import { isGone } from '../response-gone.js';

/**
 * Sends a health answer; node leaves the body of a HEAD out. Whoever has answered meanwhile, such as a middleware with a
 * timeout, has answered.
 */
export function writeAnswer(response: ServerResponse | Http2ServerResponse, answer: HealthAnswer): void {
  if (response.headersSent || isGone(response)) return;
  response.statusCode = answer.statusCode;
  for (const [name, value] of Object.entries(answer.headers)) response.setHeader(name, value);
  response.end(answer.body);
}
