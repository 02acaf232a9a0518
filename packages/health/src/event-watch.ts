import type { Server } from 'node:net';

/**
 * Listens to events of a server for as long as the application does, and before it.
 *
 * Node's servers act by themselves on what nobody listens to; a listener of ours alone would take that away. So ours comes
 * with the first of the application's and goes with the last.
 */
export function watchEvents<Args extends readonly unknown[]>(
  server: Server,
  events: readonly string[],
  onEvent: (...args: Args) => void,
): () => void {
  const watched = new Set<string>();
  const listener = (...args: unknown[]): void => onEvent(...(args as unknown as Args));

  function add(event: string): void {
    if (watched.has(event)) return;
    watched.add(event);
    server.prependListener(event, listener);
  }

  function remove(event: string): void {
    if (watched.delete(event)) server.removeListener(event, listener);
  }

  const isWatchable = (event: unknown): event is string => events.some((known) => known === event);
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
