import type { Http2Session } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { AnyRequest, AnyResponse } from './any-request.js';

/**
 * HTTP/2 has no such header; its sessions get GOAWAY.
 *
 * Whoever is answered while it is still sending keeps its connection: closing one with unread bytes in it is a reset, and
 * takes the answer from a client that reads only when all is written.
 */
export function askToClose(request: AnyRequest, response: AnyResponse): void {
  if (response.headersSent || 'stream' in response) return;
  const ask = (): unknown => response.setHeader('connection', 'close');
  if (request.complete || !isUpload(request)) {
    ask();
    return;
  }
  const writeHead = response.writeHead as unknown as (...given: unknown[]) => unknown;
  Object.assign(response, {
    writeHead(...given: unknown[]) {
      if (request.complete) ask();
      return Reflect.apply(writeHead, response, given);
    },
  });
}

/** What a client has written before it looks for an answer: the buffers of any connection hold it. */
const smallBytes = 65_536;

/** Whether a body is announced (RFC 9112, section 6) that its client may still be writing when the answer comes. */
function isUpload({ headers }: AnyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > smallBytes;
}

/**
 * The first of the two GOAWAY frames of RFC 9113, section 6.8: no stream is refused yet, and the client learns that it
 * should open the next one elsewhere.
 */
export function refuseStreams(session: Http2Session): void {
  if (session.closed || session.destroyed || refused.has(session)) return;
  refused.add(session);
  session.goaway(0, 2 ** 31 - 1);
}

const refused = new WeakSet<Http2Session>();

/**
 * A close frame with code 1001, "going away" (RFC 6455, section 7.4.1), written between two turns, where the frames of
 * whoever owns the connection are complete. The client answers, and the owner closes the connection as for any other close.
 */
export function goAway(socket: Duplex): void {
  if (socket.writable) socket.write(closeFrame);
}

const closeFrame = Buffer.from([0x88, 0x02, 1001 >> 8, 1001 & 0xff]);

export function endStream(response: AnyResponse): void {
  response.on('error', () => undefined); // the application may write once more before it sees the end
  response.end();
}

/** Its time is up, and its socket has nothing else to wait for. */
export function destroyAnswer(response: AnyResponse): void {
  if ('stream' in response) response.stream.destroy();
  else response.destroy();
}
