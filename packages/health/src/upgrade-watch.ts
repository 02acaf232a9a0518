import type { IncomingMessage } from 'node:http';
import type { Server } from 'node:net';
import type { Duplex } from 'node:stream';

/**
 * Tells which connections left HTTP by an upgrade (WebSocket) or a CONNECT.
 *
 * A server without an `upgrade` listener answers such a request as an ordinary one; ours alone would swallow it. So ours
 * comes with the first of the application's and goes with the last.
 */
export function watchUpgrades(
  server: Server,
  onUpgrade: (socket: Duplex, protocol: string | undefined) => void,
): () => void {
  const events = ['upgrade', 'connect'] as const;
  const watched = new Set<string>();
  const listener = (request: IncomingMessage, socket: Duplex): void =>
    onUpgrade(socket, request.headers.upgrade?.toLowerCase());

  function add(event: string): void {
    if (watched.has(event)) return;
    watched.add(event);
    server.prependListener(event, listener);
  }

  function remove(event: string): void {
    if (watched.delete(event)) server.removeListener(event, listener);
  }

  const isWatchable = (event: unknown): event is (typeof events)[number] =>
    events.some((known) => known === event);
  const onNew = (event: unknown, added: unknown): void => {
    if (isWatchable(event) && added !== listener) add(event);
  };
  const onRemoved = (event: unknown): void => {
    if (isWatchable(event) && watched.has(event) && server.listenerCount(event) === 1) remove(event);
  };

  for (const event of events) if (server.listenerCount(event) > 0) add(event);
  server.on('newListener', onNew);
  server.on('removeListener', onRemoved);
  return () => {
    server.removeListener('newListener', onNew);
    server.removeListener('removeListener', onRemoved);
    for (const event of events) remove(event);
  };
}
