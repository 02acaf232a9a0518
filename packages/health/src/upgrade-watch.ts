import type { IncomingMessage } from 'node:http';
import type { Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { watchEvents } from './event-watch.js';

/**
 * Tells which connections left HTTP by an upgrade (WebSocket) or a CONNECT. A server without an `upgrade` listener answers
 * such a request as an ordinary one.
 */
export function watchUpgrades(
  server: Server,
  onUpgrade: (socket: Duplex, protocol: string | undefined) => void,
): () => void {
  return watchEvents(server, ['upgrade', 'connect'], (request: IncomingMessage, socket: Duplex) =>
    onUpgrade(socket, request.headers.upgrade?.toLowerCase()),
  );
}
