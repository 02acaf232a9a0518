import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';

/** Whether a response is over and will never emit `close` again: its client has left, or it is complete. */
export function isGone(response: ServerResponse | Http2ServerResponse): boolean {
  // HTTP/2's responses know neither word, whatever their types say; their streams do.
  const { destroyed, closed } = 'stream' in response ? response.stream : response;
  return destroyed || closed;
}
