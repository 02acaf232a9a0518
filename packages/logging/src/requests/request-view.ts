import type { IncomingMessage } from 'node:http';
import type { RequestView } from '@seaworthy/contracts';

/** A request of Node's own kind, as functions in options see it. */
export function requestView({ method, headers, socket }: IncomingMessage, url: string): RequestView {
  return {
    method: method ?? 'GET',
    url,
    host: headers.host ?? '',
    peer: socket.remoteAddress,
    encrypted: 'encrypted' in socket && socket.encrypted === true,
    header(name) {
      const value = headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
  };
}
