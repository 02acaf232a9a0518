import { type Clock, exponentialBackoff, type Logger, sleep, withDeadline } from '@seaworthy/contracts';

/** What a subscriber hears. */
export interface BusListener {
  onMessage(message: string): void;
  /** Messages can be lost from now on: the connection is gone. */
  onDown(): void;
  /** Messages come again. Called after the first connection too. */
  onUp(): void;
}

/**
 * What carries invalidations to the other processes, such as Redis' pub/sub. It may lose messages only between `onDown` and
 * `onUp`: the cache keeps nothing in between.
 */
export interface InvalidationBus {
  publish(channel: string, message: string): Promise<unknown>;
  /** Resolves when the listener is attached, with how to detach it. */
  subscribe(channel: string, listener: BusListener): Promise<() => unknown>;
}

/** What a message says: these tags, or everything. */
export type Invalidation = { readonly tags: readonly string[] } | 'everything';

/** Before that a publish counts as failed and is sent again. */
const publishTimeoutMs = 2_000;

/** More tags than these that wait to be sent become "everything". */
const maxPendingTags = 1_000;

const version = 1;

export function encodeInvalidation(sender: string, what: Invalidation): string {
  return JSON.stringify({ v: version, from: sender, ...(what === 'everything' ? { all: true } : what) });
}

/** What another process says; `undefined` for one's own message. One that is not understood counts as "everything". */
export function decodeInvalidation(message: string, self: string): Invalidation | undefined {
  try {
    const parsed: unknown = JSON.parse(message);
    if (typeof parsed !== 'object' || parsed === null) return 'everything';
    if (Reflect.get(parsed, 'from') === self) return undefined;
    const tags: unknown = Reflect.get(parsed, 'tags');
    const known = Reflect.get(parsed, 'v') === version && Array.isArray(tags);
    return known && tags.every((tag) => typeof tag === 'string') ? { tags } : 'everything';
  } catch {
    return 'everything';
  }
}

export interface OutboxOptions {
  readonly bus: InvalidationBus;
  readonly channel: string;
  readonly sender: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

/** Sends invalidations, those of one turn of the event loop together, again and again until the bus has taken them. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #closing = new AbortController();
  #tags = new Set<string>();
  #everything = false;
  #sending: Promise<void> | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  add(what: Invalidation): void {
    if (what === 'everything') this.#everything = true;
    else for (const tag of what.tags) this.#tags.add(tag);
    if (this.#tags.size > maxPendingTags) this.#everything = true;
    if (this.#everything) this.#tags.clear();
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
  }

  /** Resolves when all is sent, or after one more attempt. Never rejects. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#sending;
    if (!this.#isEmpty()) await this.#sendOnce();
  }

  #isEmpty(): boolean {
    return this.#tags.size === 0 && !this.#everything;
  }

  async #sendAll(): Promise<void> {
    const { clock, random, logger } = this.#options;
    await Promise.resolve(); // what else is invalidated in this turn goes along
    const backoff = exponentialBackoff({ random });
    for (let attempt = 1; !this.#isEmpty(); attempt += 1) {
      const error = await this.#sendOnce();
      if (error === undefined) {
        attempt = 0;
        continue;
      }
      if (attempt === 1) {
        logger.warn('Invalidations could not be published; trying again', {
          channel: this.#options.channel,
          error,
        });
      }
      try {
        await sleep(clock, backoff(attempt), { signal: this.#closing.signal, keepAlive: false });
      } catch {
        return; // closing: close() makes the last attempt
      }
    }
  }

  /** Puts back what could not be sent, and returns why. */
  async #sendOnce(): Promise<unknown> {
    const { bus, channel, sender, clock } = this.#options;
    const what: Invalidation = this.#everything ? 'everything' : { tags: [...this.#tags] };
    this.#everything = false;
    this.#tags = new Set();
    try {
      await withDeadline(() => bus.publish(channel, encodeInvalidation(sender, what)), {
        timeoutMs: publishTimeoutMs,
        what: 'publishing an invalidation',
        clock,
      });
      return undefined;
    } catch (error) {
      if (what === 'everything') this.#everything = true;
      else for (const tag of what.tags) this.#tags.add(tag);
      return error ?? new Error('The bus failed without a reason.');
    }
  }
}
