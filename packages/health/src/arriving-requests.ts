import type { Duplex } from 'node:stream';
import type { Clock } from '@seaworthy/contracts';

/** The connections of HTTP/1 on which a part of a request has come that no handler has seen yet. */
export interface ArrivingRequests {
  watch(socket: Duplex): void;
  /** It is closed, or speaks another protocol from now on. */
  forget(socket: Duplex): void;
  /** What it has sent so far belonged to a request that is answered. */
  answered(socket: Duplex): void;
  /** Whether something of a request has come; a request under way counts. */
  has(socket: Duplex): boolean;
  /** How many are worth waiting for, apart from those of `busy` connections. */
  pending(busy: ReadonlySet<Duplex>): number;
}

/** Clients send headers in one piece. One that takes longer than this is as likely to hold the connection on purpose. */
const headersMs = 1_000;

/**
 * Tells by the bytes that a connection has read, as the parser of Node tells nobody that it has begun. Headers that come
 * behind a pipelined request before its answer is out are taken for a part of that one.
 */
export function arrivingRequests(clock: Clock): ArrivingRequests {
  /** The bytes of the requests that are answered. */
  const known = new Map<Duplex, number>();
  const seenAt = new Map<Duplex, number>();

  const forget = (socket: Duplex): void => {
    known.delete(socket);
    seenAt.delete(socket);
  };
  const has = (socket: Duplex): boolean =>
    bytesRead(socket) > (known.get(socket) ?? Number.POSITIVE_INFINITY);
  return {
    watch(socket) {
      known.set(socket, bytesRead(socket));
      socket.once('close', () => forget(socket));
    },
    forget,
    answered(socket) {
      if (known.has(socket)) known.set(socket, bytesRead(socket));
      seenAt.delete(socket);
    },
    has,
    pending(busy) {
      const now = clock.monotonic();
      let count = 0;
      for (const socket of known.keys()) {
        if (busy.has(socket) || !has(socket)) continue;
        const since = seenAt.get(socket) ?? now;
        seenAt.set(socket, since);
        if (now - since < headersMs) count += 1;
      }
      return count;
    },
  };
}

/** Of a TLS connection: those within it, without its handshake. */
function bytesRead(socket: Duplex): number {
  return 'bytesRead' in socket && typeof socket.bytesRead === 'number' ? socket.bytesRead : 0;
}
