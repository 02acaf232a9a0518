import type { Http2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { Clock } from '@seaworthy/contracts';

/** Who has connected and not asked for anything yet. */
export interface Newcomers {
  /** A connection of a TLS server, whose handshake is still to come. */
  handshake(socket: Socket): void;
  /** The handshake is over; `socket` is the one within. */
  secured(socket: Socket): void;
  /** It may ask from now on. */
  add(who: Duplex | Http2Session): void;
  /** It has asked, or is gone. */
  delete(who: Duplex | Http2Session): void;
  has(who: Duplex | Http2Session): boolean;
  /** The connections of HTTP/1 among them. */
  sockets(): Iterable<Duplex>;
  /** Whether one came so lately that its first request may still follow. */
  expecting(youngerThanMs: number): boolean;
}

export function createNewcomers(clock: Clock): Newcomers {
  const since = new Map<Duplex | Http2Session, number>();
  /** By the address of the client: the connection within TLS is another object. */
  const handshakes = new Map<string, number>();
  return {
    handshake(socket) {
      const key = addressOf(socket);
      handshakes.set(key, clock.monotonic());
      socket.once('close', () => handshakes.delete(key));
    },
    secured: (socket) => void handshakes.delete(addressOf(socket)),
    add: (who) => void since.set(who, clock.monotonic()),
    delete: (who) => void since.delete(who),
    has: (who) => since.has(who),
    sockets: () => [...since.keys()].filter((who) => who instanceof Duplex),
    expecting(youngerThanMs) {
      const youngest = clock.monotonic() - youngerThanMs;
      return [...since.values(), ...handshakes.values()].some((at) => at > youngest);
    },
  };
}

function addressOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
