import { type Clock, sleep } from '@seaworthy/contracts';
import type { PoolConnection } from '../../src/pool/slot.js';

export type Condition = 'up' | 'down' | 'frozen';

/** Random numbers that repeat for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A server that refuses, freezes, loses connections and answers late, as its random numbers say. */
export class FakeServer {
  condition: Condition = 'up';
  /** As the server counts: attempts and connections together. */
  open = 0;
  highest = 0;
  attempts: number[] = [];
  readonly connections = new Set<FakeConnection>();
  readonly clock: Clock;
  readonly random: () => number;

  constructor(clock: Clock, random: () => number) {
    this.clock = clock;
    this.random = random;
  }

  readonly connect = async (signal: AbortSignal): Promise<FakeConnection> => {
    this.attempts.push(this.clock.monotonic());
    this.open += 1;
    this.highest = Math.max(this.highest, this.open);
    let connection: FakeConnection | undefined;
    try {
      await this.answer(signal);
      connection = this.make();
      if (this.random() < 0.02) connection.lose(); // before anybody has it
      return connection;
    } finally {
      if (connection === undefined) this.open -= 1;
    }
  };

  /** What an accepted connection is. */
  make(): FakeConnection {
    return new FakeConnection(this);
  }

  /** An answer after 0 to 50 ms, a refusal, or none until the signal ends the wait. */
  async answer(signal?: AbortSignal): Promise<void> {
    await sleep(this.clock, Math.floor(this.random() * 50), { signal });
    while (this.condition === 'frozen') await sleep(this.clock, 100, { signal });
    if (this.condition === 'down' || this.random() < 0.05) throw new Error('ECONNREFUSED');
  }

  /** Cuts some connections, as a kill or a firewall does. */
  cut(share: number): void {
    for (const connection of [...this.connections]) {
      if (this.random() < share) connection.lose();
    }
  }
}

export class FakeConnection implements PoolConnection {
  holder: number | undefined;
  isOpen = true;
  /** False for one whose server is gone before anybody here has heard of it. */
  isAlive = true;
  /** Dropped by a firewall on the way, which tells nobody. */
  isSilent = false;
  readonly #server: FakeServer;
  #lost: () => void = () => undefined;

  constructor(server: FakeServer) {
    this.#server = server;
    server.connections.add(this);
  }

  onLost(listener: () => void): void {
    this.#lost = listener;
  }

  async ping(): Promise<void> {
    if (this.isSilent) await new Promise(() => undefined);
    if (!this.isAlive) throw new Error('ECONNRESET');
    await this.#server.answer();
  }

  async close(): Promise<void> {
    await this.#server.answer();
    this.destroy();
  }

  destroy(): void {
    if (!this.#server.connections.delete(this)) return;
    this.isOpen = false;
    this.#server.open -= 1;
  }

  lose(): void {
    const wasOpen = this.isOpen;
    this.destroy();
    if (wasOpen) this.#lost();
  }
}
