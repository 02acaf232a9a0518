import { connect, createServer, type Server, type Socket } from 'node:net';
import { optionsOf, wholeNumber } from '@seaworthy/contracts';
import type { ReservedPort } from '../free-port.js';
import type { CorruptOptions, FaultProxy, LatencyOptions, OneWay } from './fault-proxy.js';
import { type Direction, type Faults, noFaults } from './faults.js';
import { Lane } from './lane.js';

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

/** The implementation behind `startFaultProxy`. */
export class TcpFaultProxy implements FaultProxy {
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
