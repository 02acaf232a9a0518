import { connect, createServer, type Server, type Socket } from 'node:net';
import { optionsOf, wholeNumber } from '@seaworthy/contracts';
import { type ReservedPort, reservePort } from '../free-port.js';
import { type Direction, type Faults, noFaults } from './faults.js';
import { Lane } from './lane.js';

export interface FaultProxyOptions {
  /** Where connections go. A server of the testkit fits as it is. */
  readonly target: { readonly host: string; readonly port: number };
}

/** Which way a fault works. @defaultValue both ways */
export interface OneWay {
  readonly direction?: Direction;
}

export interface LatencyOptions extends OneWay {
  /** Up to this much more, at random, in milliseconds. @defaultValue 0 */
  readonly jitterMs?: number;
}

export interface CorruptOptions extends OneWay {
  /** How many bytes pass unharmed first, on each connection. @defaultValue 0 */
  readonly afterBytes?: number;
  /** Flips one byte in so many from there on. @defaultValue one byte only */
  readonly everyNth?: number;
}

/**
 * Stands between a client and a server and misbehaves on demand. Faults stay until `clear()`, add up, and reach
 * connections that are open as well as new ones.
 */
export interface FaultProxy extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  /** Connections that are open now. */
  readonly connections: number;
  /** Connections that clients have made so far. */
  readonly accepted: number;
  /** The same URL with the proxy in the place of the server. */
  url(serverUrl: string): string;
  /** Each byte, and the end of a stream, arrives this much later. */
  latency(ms: number, options?: LatencyOptions): void;
  /** A slow line: so many bytes a second, in small pieces. */
  drip(bytesPerSecond: number, options?: OneWay): void;
  /** Connections are accepted and stay open, and nothing passes, not even an end. After `clear()` what was held passes, as when a network heals. */
  blackhole(options?: OneWay): void;
  /** New connections get ECONNREFUSED. Open ones live on. */
  refuse(): Promise<void>;
  /** Ends all open connections with a TCP reset. With `newToo`, each new one as well, until `clear()`. */
  reset(options?: { readonly newToo?: boolean }): void;
  /** Tells this side that the other will send no more; what this side sends still passes. */
  halfClose(side: 'client' | 'target'): void;
  /** Flips all bits of some bytes. */
  corrupt(options?: CorruptOptions): void;
  /** Ends each connection after so many more bytes in that direction; the receiver gets those bytes and then an end. */
  cutAfter(bytes: number, options?: OneWay): void;
  /** No more faults. Resolves when new connections are accepted again. */
  clear(): Promise<void>;
  /** Ends all connections and gives the port back. */
  close(): Promise<void>;
}

const readOptions = optionsOf<FaultProxyOptions>('startFaultProxy', { target: true });
const readOneWay = optionsOf<OneWay>('a fault', { direction: true });
const readLatency = optionsOf<LatencyOptions>('latency', { direction: true, jitterMs: true });
const readCorrupt = optionsOf<CorruptOptions>('corrupt', {
  direction: true,
  afterBytes: true,
  everyNth: true,
});

interface Connection {
  readonly client: Socket;
  readonly target: Socket;
  readonly lanes: readonly [toTarget: Lane, toClient: Lane];
}

/**
 * Starts a TCP proxy on a spare port of 127.0.0.1.
 *
 * A target that is down shows to the client as a reset, not as a refused connection: use `refuse()` for that.
 *
 * @example
 * await using proxy = await startFaultProxy({ target: postgres });
 * const pool = new pg.Pool({ connectionString: proxy.url(postgres.url) });
 * proxy.blackhole();
 */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const { target } = readOptions(options);
  const reservation = await reservePort();
  const proxy = new TcpFaultProxy(target, reservation);
  await proxy.listen();
  return proxy;
}

class TcpFaultProxy implements FaultProxy {
  readonly host = '127.0.0.1';
  readonly port: number;
  accepted = 0;
  readonly #target: { readonly host: string; readonly port: number };
  readonly #reservation: ReservedPort;
  readonly #connections = new Set<Connection>();
  #faults: Record<Direction, Faults> = { toTarget: noFaults(), toClient: noFaults() };
  #resetNew = false;
  #epoch = 0;
  #server: Server | undefined;

  constructor(target: { readonly host: string; readonly port: number }, reservation: ReservedPort) {
    this.#target = target;
    this.#reservation = reservation;
    this.port = reservation.port;
  }

  get connections(): number {
    return this.#connections.size;
  }

  url(serverUrl: string): string {
    const url = new URL(serverUrl);
    url.hostname = this.host;
    url.port = String(this.port);
    return url.href;
  }

  latency(ms: number, options: LatencyOptions = {}): void {
    const { direction, jitterMs = 0 } = readLatency(options);
    wholeNumber('latency', 'ms', ms);
    this.#change(direction, (faults) => Object.assign(faults, { latencyMs: ms, jitterMs }));
  }

  drip(bytesPerSecond: number, options: OneWay = {}): void {
    const { direction } = readOneWay(options);
    wholeNumber('drip', 'bytesPerSecond', bytesPerSecond, { min: 1 });
    this.#change(direction, (faults) => Object.assign(faults, { bytesPerSecond }));
  }

  blackhole(options: OneWay = {}): void {
    const { direction } = readOneWay(options);
    this.#change(direction, (faults) => Object.assign(faults, { held: true }));
  }

  corrupt(options: CorruptOptions = {}): void {
    const { direction, afterBytes = 0, everyNth } = readCorrupt(options);
    this.#change(direction, (faults, epoch) =>
      Object.assign(faults, { corruption: { afterBytes, everyNth }, epoch }),
    );
  }

  cutAfter(bytes: number, options: OneWay = {}): void {
    const { direction } = readOneWay(options);
    wholeNumber('cutAfter', 'bytes', bytes);
    this.#change(direction, (faults, epoch) => Object.assign(faults, { cutAfterBytes: bytes, epoch }));
  }

  async refuse(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    // The callback waits for open connections too; the listening socket itself is closed at once.
    server?.close();
  }

  reset({ newToo = false }: { readonly newToo?: boolean } = {}): void {
    this.#resetNew = newToo;
    for (const connection of this.#connections) this.#end(connection);
  }

  halfClose(side: 'client' | 'target'): void {
    for (const connection of this.#connections) connection[side].end();
  }

  async clear(): Promise<void> {
    this.#faults = { toTarget: noFaults(), toClient: noFaults() };
    this.#resetNew = false;
    this.#pump();
    if (this.#server === undefined) await this.listen();
  }

  async close(): Promise<void> {
    this.#server?.close();
    this.#server = undefined;
    for (const connection of this.#connections) this.#end(connection);
    await this.#reservation.release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  listen(): Promise<void> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
    this.#server = server;
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, this.host, () => resolve());
    });
  }

  #accept(client: Socket): void {
    this.accepted += 1;
    client.on('error', () => {});
    if (this.#resetNew) {
      client.resetAndDestroy();
      return;
    }
    const target = connect({ ...this.#target, allowHalfOpen: true, noDelay: true });
    target.on('error', () => {});
    const connection: Connection = {
      client,
      target,
      lanes: [
        new Lane(
          client,
          target,
          () => this.#faults.toTarget,
          () => this.#cut(connection, target),
        ),
        new Lane(
          target,
          client,
          () => this.#faults.toClient,
          () => this.#cut(connection, client),
        ),
      ],
    };
    this.#connections.add(connection);
    client.on('close', (failed) => this.#peerClosed(connection, target, failed));
    target.on('close', (failed) => this.#peerClosed(connection, client, failed));
  }

  /** One side is gone. The other hears of it by a reset when it failed, and in a partition not at all. */
  #peerClosed(connection: Connection, other: Socket, failed: boolean): void {
    if (other.destroyed) {
      this.#forget(connection);
      return;
    }
    if (!failed) return;
    if (!this.#faults.toClient.held && !this.#faults.toTarget.held) this.#end(connection);
  }

  /** The receiver reads what was sent and then the end; a reset could overtake both. */
  #cut(connection: Connection, receiver: Socket): void {
    for (const lane of connection.lanes) lane.close();
    for (const socket of [connection.client, connection.target]) {
      if (socket === receiver) socket.resume();
      else if (!socket.destroyed) socket.resetAndDestroy();
    }
    receiver.once('end', () => this.#forget(connection));
  }

  #end(connection: Connection): void {
    for (const socket of [connection.client, connection.target]) {
      if (!socket.destroyed) socket.resetAndDestroy();
    }
    this.#forget(connection);
  }

  #forget(connection: Connection): void {
    for (const lane of connection.lanes) lane.close();
    this.#connections.delete(connection);
  }

  #change(direction: Direction | undefined, change: (faults: Faults, epoch: number) => void): void {
    this.#epoch += 1;
    for (const way of direction === undefined ? (['toTarget', 'toClient'] as const) : [direction]) {
      change(this.#faults[way], this.#epoch);
    }
    this.#pump();
  }

  #pump(): void {
    for (const connection of this.#connections) {
      const oneIsGone = connection.client.destroyed || connection.target.destroyed;
      // What failed while nothing passed is told now.
      if (oneIsGone && !this.#faults.toClient.held && !this.#faults.toTarget.held) this.#end(connection);
      else for (const lane of connection.lanes) lane.pump();
    }
  }
}
