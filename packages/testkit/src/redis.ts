import { optionsOf } from '@seaworthy/contracts';
import { Redis } from 'ioredis';
import { writeConfig } from './config-file.js';
import { createPlace } from './place.js';
import { programsOf } from './programs.js';
import { secretToken } from './secret-token.js';
import type { Server } from './server.js';
import { startServer } from './start-server.js';
import { serverUser } from './system-user.js';

export interface RedisServer extends Server {
  readonly password: string;
}

/** Lines of redis.conf; a list repeats the directive. */
export type RedisConfig = Readonly<Record<string, string | number | readonly string[]>>;

export interface StartRedisOptions {
  /** Such as `{ maxmemory: '2mb', appendonly: 'yes' }`. They win over the testkit's own. @defaultValue {} */
  readonly config?: RedisConfig;
  /** Whether it ends with the run instead of with this process. @defaultValue false */
  readonly shared?: boolean;
}

const readOptions = optionsOf<StartRedisOptions>('startRedis', { config: true, shared: true });

/**
 * Starts a private Redis on a spare port, with a random password and nothing kept on disk.
 *
 * @throws ServerUnavailable when it is not installed and cannot be; ServerStartFailed with the end of its log.
 *
 * @example
 * await using redis = await startRedis({ config: { maxmemory: '4mb' } });
 * const client = new Redis(redis.url);
 */
export async function startRedis(options: StartRedisOptions = {}): Promise<RedisServer> {
  const { config = {}, shared } = readOptions(options);
  const programs = await programsOf('redis', shared);
  const user = serverUser('redis');
  const place = await createPlace({ name: 'redis', user, shared });
  // The nodes of a cluster share one.
  const password = typeof config.requirepass === 'string' ? config.requirepass : secretToken();
  const directives = {
    bind: '127.0.0.1',
    daemonize: 'no',
    databases: 1_024,
    save: '""',
    appendonly: 'no',
    'enable-debug-command': 'yes',
    'repl-diskless-sync-delay': 0, // a replica, or a backup, would wait 5 s for others to join it
    requirepass: password,
    masterauth: password,
    ...config,
    dir: place.folder,
    port: place.port,
  };
  const lines = Object.entries(directives).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map((one) => `${name} ${one}`),
  );
  // In a file, because every user of the machine may read a command line.
  const configuration = writeConfig(place, 'redis.conf', `${lines.join('\n')}\n`);
  const url = `redis://:${password}@127.0.0.1:${place.port}`;
  const server = await startServer({
    name: 'redis',
    place,
    url,
    program: programs.server('redis-server'),
    args: [configuration],
    cwd: place.folder,
    stopSignal: 'SIGTERM',
    probe: () => redisCommand(url, ['ping']).then(() => undefined),
    secrets: [password],
  });
  return Object.assign(server, { password });
}

/** Sends one command on a connection of its own. */
export async function redisCommand(
  url: string,
  [command = '', ...args]: readonly string[],
): Promise<unknown> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: 5_000,
    commandTimeout: 30_000,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    enableReadyCheck: false,
  });
  client.on('error', () => {});
  try {
    await client.connect();
    return await client.call(command, ...args);
  } finally {
    client.disconnect();
  }
}
