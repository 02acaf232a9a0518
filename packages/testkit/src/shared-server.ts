import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { urlFromEnvironment } from './engines.js';
import { withLock } from './lock.js';
import { startMariadb } from './mariadb.js';
import { startPostgres } from './postgres.js';
import { startRedis } from './redis.js';
import { currentSession } from './run.js';
import type { Server } from './server.js';

export type SharedEngine = 'postgres' | 'mysql' | 'redis';

/** A server that all test files of a run use. It must not be stopped, frozen or reconfigured. */
export interface SharedServer {
  /** With a user that may create databases and users. */
  readonly url: string;
  /** Whether the environment named it, so that it is not ours and outlives the run. */
  readonly external: boolean;
}

const starters: Readonly<Record<SharedEngine, () => Promise<Server>>> = {
  postgres: () => startPostgres({ shared: true, settings: { max_connections: 300 } }),
  mysql: () => startMariadb({ shared: true, settings: { max_connections: 300 } }),
  redis: () => startRedis({ shared: true }),
};

/**
 * The one server of this engine that the run shares: the one that the environment names, else one that the first asker
 * starts. It ends with the run; without a run (see `vitest-global-setup`), with this process.
 */
export async function sharedServer(engine: SharedEngine): Promise<SharedServer> {
  const named = urlFromEnvironment(engine);
  if (named !== undefined) return { url: named, external: true };
  const session = await currentSession();
  const path = join(session.sharedFolder, `${engine}.url`);
  return withLock(path, async () => {
    if (!existsSync(path)) {
      const server = await starters[engine]();
      writeFileSync(`${path}.new`, server.url, { mode: 0o600 });
      renameSync(`${path}.new`, path);
    }
    return { url: readFileSync(path, 'utf8'), external: false };
  });
}
