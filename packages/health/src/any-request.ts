import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';

/** A request of either version of HTTP. */
export type AnyRequest = IncomingMessage | Http2ServerRequest;

export type AnyResponse = ServerResponse | Http2ServerResponse;
