import { type Clock, invalidOption, systemClock, type Timer } from '@seaworthy/contracts';
import type { BusListener, InvalidationBus } from './invalidation-bus.js';

/** The part of an ioredis connection that is used. */
export interface RedisPubSub {
  publish(channel: string, message: string): Promise<unknown>;
  /** A second connection: one that is subscribed can do nothing else. */
  duplicate(options: { readonly autoResubscribe: boolean; readonly lazyConnect: boolean }): RedisSubscriber;
}

export interface RedisSubscriber {
  connect(): Promise<unknown>;
  subscribe(channel: string): Promise<unknown>;
  ping(): Promise<unknown>;
  /** `true`: and connect again. */
  disconnect(reconnect?: boolean): void;
  on(event: 'message', listener: (channel: string, message: string) => void): unknown;
  on(event: 'ready' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: unknown) => void): unknown;
}

/** How often the subscribed connection is asked whether it is alive, and how long it may take to answer. */
const pingEveryMs = 5_000;

/**
 * Invalidations over Redis' pub/sub, by an ioredis connection. A second connection, made from it, listens; one that is dead
 * without a word is found out within about 10 s, and what was cached meanwhile is dropped then.
 *
 * @example
 * const cache = createQueryCache(db, { bus: redisBus(redis) });
 */
export function redisBus(redis: RedisPubSub, clock: Clock = systemClock): InvalidationBus {
  if (typeof redis?.duplicate !== 'function' || typeof redis.publish !== 'function') {
    throw invalidOption('redisBus', 'redis', 'an ioredis connection');
  }
  return {
    publish: (channel, message) => redis.publish(channel, message),
    async subscribe(channel, listener) {
      // Subscribing anew is done here: only then is it known from when on messages come.
      const subscriber = redis.duplicate({ autoResubscribe: false, lazyConnect: true });
      return listen(subscriber, channel, listener, clock);
    },
  };
}

function listen(
  subscriber: RedisSubscriber,
  channel: string,
  listener: BusListener,
  clock: Clock,
): () => void {
  let pulse: Timer | undefined;

  /** One ping at a time; the next one finds out that the last was not answered. */
  function watch(): void {
    let isAlive = false;
    subscriber.ping().then(
      () => {
        isAlive = true;
      },
      () => undefined, // told by 'close'
    );
    pulse = clock.schedule(() => {
      if (isAlive) watch();
      else subscriber.disconnect(true);
    }, pingEveryMs);
  }

  subscriber.on('error', () => undefined); // without a listener ioredis prints it; 'close' follows
  subscriber.on('message', (from, message) => {
    if (from === channel) listener.onMessage(message);
  });
  subscriber.on('close', () => {
    pulse?.cancel();
    listener.onDown();
  });
  subscriber.on('ready', () => {
    subscriber.subscribe(channel).then(
      () => {
        listener.onUp();
        pulse?.cancel();
        watch();
      },
      () => subscriber.disconnect(true),
    );
  });
  // It goes on trying by itself; until then the cache keeps nothing.
  subscriber.connect().catch(() => undefined);
  return () => {
    pulse?.cancel();
    subscriber.disconnect();
  };
}
