import type { PgClient } from './pg-client.js';

// What pg does not document, but has had since its first version: there is no other way to name a backend, to close without
// waiting, or to send several statements in one packet.

/** Which backend answers on the other side. */
export function backendKey(client: PgClient): { readonly processID?: number; readonly secretKey?: number } {
  const processID: unknown = Reflect.get(client, 'processID');
  const secretKey: unknown = Reflect.get(client, 'secretKey');
  return typeof processID === 'number' && typeof secretKey === 'number' ? { processID, secretKey } : {};
}

export function socketOf(client: PgClient): PgSocket | undefined {
  const connection: unknown = Reflect.get(client, 'connection');
  if (typeof connection !== 'object' || connection === null) return undefined;
  const stream: unknown = Reflect.get(connection, 'stream');
  return isSocket(stream) ? stream : undefined;
}

interface PgSocket {
  destroy(): void;
  cork(): void;
  uncork(): void;
}

function isSocket(value: unknown): value is PgSocket {
  return (
    typeof value === 'object' &&
    value !== null &&
    ['destroy', 'cork', 'uncork'].every((name) => typeof Reflect.get(value, name) === 'function')
  );
}

/** pg remembers each text that it prepared; undocumented, and kept for as long as the connection otherwise. */
export function forgetParsed(client: PgClient, name?: string): void {
  const connection: unknown = Reflect.get(client, 'connection');
  if (typeof connection !== 'object' || connection === null) return;
  const parsed: unknown = Reflect.get(connection, 'parsedStatements');
  if (typeof parsed !== 'object' || parsed === null) return;
  for (const one of name === undefined ? Object.keys(parsed) : [name]) Reflect.deleteProperty(parsed, one);
}
