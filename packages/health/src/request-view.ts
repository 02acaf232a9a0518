import type { RequestView } from '@seaworthy/contracts';
import type { AnyRequest } from './any-request.js';

/** What a decision about a request may look at, read only when it is asked for. */
export function requestView(request: AnyRequest): RequestView {
  const { headers, socket } = request;
  return {
    method: request.method ?? 'GET',
    url: request.url ?? '/',
    host: text(headers.host) ?? text(headers[':authority']) ?? '',
    peer: socket.remoteAddress,
    encrypted: 'encrypted' in socket && socket.encrypted === true,
    header: (name) => text(headers[name]),
  };
}

function text(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' || value === undefined ? value : value.join(', ');
}
