import type { Clock, RedisCommands } from '@seaworthy/contracts';
import { RedisError } from './redis-error.js';

/** Rare enough to cost nothing, and short against the time that a name takes to lead to the new master. */
const everyMs = 5_000;

/** For a script, Redis 6 says it in the middle of a sentence. */
const refusal = /(?:^|-)READONLY /;

/**
 * Notices a master that became a replica: it answers a ping, refuses every write and keeps its clients, which would stay with
 * it for ever while the name that they came by leads to the new master.
 */
export class ReadOnlyWatch {
  readonly #clock: Clock;
  #noticedAt: number | undefined;
  #isLeaving = false;
  #refusedSinceConnected = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether a refused write is why the connection ends. */
  get isLeaving(): boolean {
    return this.#isLeaving;
  }

  /** The `reconnectOnError` of ioredis: for a refused write, which is not sent again, once in five seconds. */
  shouldReconnect(error: Error): boolean {
    if (!refusal.test(error.message)) return false;
    this.#refusedSinceConnected = true;
    const now = this.#clock.monotonic();
    if (this.#noticedAt !== undefined && now - this.#noticedAt < everyMs) return false;
    this.#noticedAt = now;
    this.#isLeaving = true;
    return true;
  }

  /** A new connection stands. */
  connected(): void {
    this.#isLeaving = false;
    this.#refusedSinceConnected = false;
  }

  /** @throws RedisError `REDIS_READ_ONLY` while a server that refused a write is no master; and what a command throws. */
  async assertWritable(commands: RedisCommands, label: string): Promise<void> {
    if (this.#noticedAt === undefined) return;
    if (!((await isMaster(commands)) ?? !this.#refusedSinceConnected)) {
      throw new RedisError(
        `Redis at ${label} became a replica and takes no writes. Make the address lead to its master.`,
        { code: 'REDIS_READ_ONLY' },
      );
    }
    this.#noticedAt = undefined;
  }
}

/** `undefined` where the user may not ask. */
async function isMaster(commands: RedisCommands): Promise<boolean | undefined> {
  try {
    const role = await commands.call('ROLE');
    return Array.isArray(role) && role[0] === 'master';
  } catch (error) {
    if (error instanceof Error && error.name === 'ReplyError') return undefined;
    throw error;
  }
}
