import type { IncomingMessage } from 'node:http';
import type { Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { watchEvents } from './event-watch.js';

/** The connections that left HTTP by an upgrade (WebSocket) or a CONNECT. */
export interface Upgrades {
  /** Those that were neither accepted nor refused yet: somebody is still looking at who asks. */
  unanswered(): readonly IncomingMessage[];
  /** Those that speak the protocol of WebSockets now. */
  webSockets(): readonly Duplex[];
  others(): readonly Duplex[];
  stop(): void;
}

interface Upgrade {
  readonly request: IncomingMessage;
  /** What had been written before: the answer is what comes on top of it. */
  readonly bytes: number;
}

/** A server without an `upgrade` listener answers such a request as an ordinary one. */
export function watchUpgrades(server: Server, onUpgrade: (socket: Duplex) => void): Upgrades {
  const upgrades = new Map<Duplex, Upgrade>();
  const stop = watchEvents(server, ['upgrade', 'connect'], (request: IncomingMessage, socket: Duplex) => {
    upgrades.set(socket, { request, bytes: bytesWritten(socket) });
    socket.once('close', () => upgrades.delete(socket));
    onUpgrade(socket);
  });
  const isAnswered = ([socket, { bytes }]: readonly [Duplex, Upgrade]): boolean =>
    bytesWritten(socket) > bytes;
  const isWebSocket = ([, { request }]: readonly [Duplex, Upgrade]): boolean =>
    request.headers.upgrade?.toLowerCase() === 'websocket';
  const all = (): [Duplex, Upgrade][] => [...upgrades];
  return {
    unanswered: () =>
      all()
        .filter((each) => !isAnswered(each))
        .map(([, { request }]) => request),
    webSockets: () =>
      all()
        .filter((each) => isWebSocket(each) && isAnswered(each))
        .map(([socket]) => socket),
    others: () =>
      all()
        .filter((each) => !isWebSocket(each) || !isAnswered(each))
        .map(([socket]) => socket),
    stop,
  };
}

function bytesWritten(socket: Duplex): number {
  return 'bytesWritten' in socket && typeof socket.bytesWritten === 'number' ? socket.bytesWritten : 0;
}
