import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { isGone } from '../response-gone.js';
import { clientLeft, type HttpRecorder } from './http-recorder.js';

/**
 * Counts one request from now on until its answer is complete or its client has left.
 *
 * @param routeOf - Asked at the end, when the framework knows it: the template of the route, or nothing.
 */
export function measureResponse(
  http: HttpRecorder,
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
  routeOf: () => string | undefined,
): void {
  const startedAt = performance.now();
  const stream = 'stream' in response ? response.stream : undefined;
  http.begin();
  const end = (): void => {
    // HTTP/2's answers are ended for whoever asks, also when the client has cancelled the stream.
    const complete = stream === undefined ? response.writableFinished : stream.rstCode === 0;
    const statusCode = complete ? response.statusCode : clientLeft;
    http.end(request.method ?? '', toldBy(routeOf), statusCode, (performance.now() - startedAt) / 1_000);
  };
  // Whoever stands before us may have taken longer than the client waited.
  if (isGone(response)) end();
  else response.once('close', end);
}

/** Nobody is there to catch what is thrown when a response closes: it would end the process. */
function toldBy(routeOf: () => string | undefined): string {
  try {
    const route: unknown = routeOf();
    return typeof route === 'string' ? route : '';
  } catch {
    return '';
  }
}
