import type { RedisCommands } from '@seaworthy/contracts';

/** The part of an ioredis `Redis` or `Cluster` that the connection policy drives. */
export interface RedisClient extends RedisCommands {
  on(event: 'ready' | 'end', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  connect(): Promise<unknown>;
  disconnect(): void;
  quit(): Promise<unknown>;
}

/** What the policy sets on a client that speaks to one server. */
export interface RedisClientSettings {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly connectionName: string;
  readonly lazyConnect: true;
  readonly enableOfflineQueue: false;
  readonly autoResendUnfulfilledCommands: false;
  readonly maxRetriesPerRequest: 0;
  readonly commandTimeout: number;
  readonly connectTimeout: number;
  readonly socketTimeout: number;
  readonly disconnectTimeout: number;
  readonly retryStrategy: () => null;
  readonly reconnectOnError: (error: Error) => boolean;
  readonly family?: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: object;
}

/** The `Redis` class of ioredis, passed in so that instrumentation of it keeps working. */
export type RedisClass<Client extends RedisClient> = new (settings: RedisClientSettings) => Client;
