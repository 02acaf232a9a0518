import { redisCommand } from './redis.js';
import { sharedServer } from './shared-server.js';

/** A database number of its own on the run's shared Redis. */
export interface SharedRedis {
  /** Ends in the database's number: `redis://:…@127.0.0.1:20345/17`. */
  readonly url: string;
  readonly database: number;
  /** FLUSHDB: this database only. */
  flush(): Promise<void>;
}

/**
 * An empty Redis database that no other test file of the run uses.
 *
 * FLUSHALL, CONFIG SET, SCRIPT FLUSH, CLIENT KILL and Pub/Sub reach the whole server: take `startRedis` for those.
 *
 * @throws ServerUnavailable when Redis is not installed and cannot be.
 *
 * @example
 * const redis = await sharedRedis();
 * const client = new Redis(redis.url);
 */
export async function sharedRedis(): Promise<SharedRedis> {
  const { url: serverUrl } = await sharedServer('redis');
  const databases = await databaseCount(serverUrl);
  const counter = Number(await redisCommand(serverUrl, ['incr', 'seaworthy:testkit:databases']));
  // Number 0 holds the counter. Past the last one they are used again, oldest first.
  const database = 1 + ((counter - 1) % (databases - 1));
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  const flush = async (): Promise<void> => {
    await redisCommand(url.href, ['flushdb']);
  };
  await flush();
  return { url: url.href, database, flush };
}

/** 16 is Redis' default, for a server that does not tell. */
async function databaseCount(url: string): Promise<number> {
  try {
    const answer = await redisCommand(url, ['config', 'get', 'databases']);
    return Array.isArray(answer) && Number(answer[1]) > 1 ? Number(answer[1]) : 16;
  } catch {
    return 16;
  }
}
