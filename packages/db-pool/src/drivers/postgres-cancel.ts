import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';

/** Which backend, as the server introduced it when the connection began. */
export interface BackendKey {
  readonly processId: number;
  readonly secretKey: number;
}

export interface CancelTarget {
  readonly host: string;
  readonly port: number;
  /** As pg takes it. */
  readonly ssl?: unknown;
}

const cancelRequestCode = 80_877_102;
const sslRequestCode = 80_877_103;

/** Longer than that and the connection itself is destroyed instead. */
const timeoutMs = 1_000;

/**
 * Asks the server to stop what a backend runs, over a connection of its own, encrypted when the connection is.
 * Resolves when the server has closed it, which is when the signal was sent.
 *
 * PostgreSQL documentation, "Message Flow: Canceling Requests in Progress".
 */
export function cancelBackend({ host, port, ssl }: CancelTarget, key: BackendKey): Promise<void> {
  return new Promise((resolve, reject) => {
    const raw = host.startsWith('/') ? connectTcp(`${host}/.s.PGSQL.${port}`) : connectTcp(port, host);
    const watch = (socket: Socket | TLSSocket): void => {
      socket.on('error', reject);
      socket.on('close', () => resolve());
    };
    const send = (socket: Socket | TLSSocket): void => {
      // Not end(): PgBouncer 1.18 and 1.19 die of a client that closes before they have passed the request on (their issue 801).
      socket.write(words(16, cancelRequestCode, key.processId, key.secretKey));
      socket.resume();
    };
    raw.setTimeout(timeoutMs, () => raw.destroy());
    raw.unref();
    watch(raw);
    raw.once('connect', () => {
      if (ssl === undefined || ssl === false || host.startsWith('/')) {
        send(raw);
        return;
      }
      raw.write(words(8, sslRequestCode));
      raw.once('data', (answer) => {
        if (answer.toString('latin1') !== 'S') {
          raw.destroy();
          return;
        }
        const name = isIP(host) === 0 ? { servername: host } : {}; // RFC 6066: never an address
        const options = typeof ssl === 'object' && ssl !== null ? ssl : {};
        const secure = connectTls({ host, ...name, ...options, socket: raw }, () => send(secure));
        watch(secure);
      });
    });
  });
}

function words(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * 4);
  for (const [at, number] of numbers.entries()) bytes.writeInt32BE(number | 0, at * 4);
  return bytes;
}
