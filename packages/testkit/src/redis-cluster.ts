import { optionsOf, wholeNumber } from '@seaworthy/contracts';
import { reservePort } from './free-port.js';
import { type RedisConfig, type RedisServer, redisCommand, startRedis } from './redis.js';
import { secretToken } from './secret-token.js';
import { waitFor } from './wait-for.js';

export interface RedisCluster extends AsyncDisposable {
  /** Every node, the first masters first. */
  readonly nodes: readonly RedisServer[];
  /** The nodes that began as masters. After a failover Redis knows better. */
  readonly masters: readonly RedisServer[];
  /** Those that began as replicas: number `i` follows master `i % masters.length`. */
  readonly replicas: readonly RedisServer[];
  /** Of every node. */
  readonly password: string;
  /** Resolves when every living node reports `cluster_state:ok`. */
  ready(timeoutMs?: number): Promise<void>;
  /** Ends all nodes and removes their data. */
  close(): Promise<void>;
}

export interface StartRedisClusterOptions {
  /** Redis needs three to agree on a failover. @defaultValue 3 */
  readonly masters?: number;
  /** @defaultValue 1 */
  readonly replicasPerMaster?: number;
  /** Lines of every node's redis.conf. @defaultValue {} */
  readonly config?: RedisConfig;
}

const readOptions = optionsOf<StartRedisClusterOptions>('startRedisCluster', {
  masters: true,
  replicasPerMaster: true,
  config: true,
});

/** Fixed by the cluster specification. */
const slots = 16_384;

/**
 * Starts a Redis Cluster whose replicas take over within some three seconds of a master's death.
 *
 * @throws ServerUnavailable when Redis is not installed and cannot be; ServerStartFailed with a node's log.
 *
 * @example
 * await using cluster = await startRedisCluster();
 * const client = new Cluster(cluster.nodes, { redisOptions: { password: cluster.password } });
 */
export async function startRedisCluster(options: StartRedisClusterOptions = {}): Promise<RedisCluster> {
  const { masters: masterCount = 3, replicasPerMaster = 1, config = {} } = readOptions(options);
  wholeNumber('startRedisCluster', 'masters', masterCount, { min: 1, max: 16 });
  wholeNumber('startRedisCluster', 'replicasPerMaster', replicasPerMaster, { max: 4 });
  const password = secretToken();
  const size = masterCount * (1 + replicasPerMaster);
  const buses = await Promise.all(Array.from({ length: size }, () => reservePort()));
  const started = await Promise.allSettled(
    buses.map((bus) =>
      startRedis({
        config: {
          'cluster-enabled': 'yes',
          'cluster-config-file': 'nodes.conf',
          'cluster-node-timeout': 1_500,
          'cluster-port': bus.port,
          databases: 1,
          requirepass: password,
          masterauth: password,
          ...config,
        },
      }),
    ),
  );
  const nodes = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const close = async (): Promise<void> => {
    await Promise.all(nodes.map((node) => node.close()));
    await Promise.all(buses.map((bus) => bus.release()));
  };
  const failure = started.find((result) => result.status === 'rejected');
  const masters = nodes.slice(0, masterCount);
  const replicas = nodes.slice(masterCount);
  const ready = (timeoutMs = 30_000): Promise<void> => allReady(nodes, timeoutMs);
  try {
    if (failure !== undefined) throw failure.reason;
    await join(
      masters,
      replicas,
      buses.map((bus) => bus.port),
    );
    await ready();
  } catch (error) {
    await close();
    throw error;
  }
  return { nodes, masters, replicas, password, ready, close, [Symbol.asyncDispose]: close };
}

async function join(
  masters: readonly RedisServer[],
  replicas: readonly RedisServer[],
  busPorts: readonly number[],
): Promise<void> {
  const nodes = [...masters, ...replicas];
  const [first] = nodes;
  const ids = await Promise.all(nodes.map((node) => redisCommand(node.url, ['cluster', 'myid'])));
  for (const [at, master] of masters.entries()) {
    const from = Math.floor((at * slots) / masters.length);
    const to = Math.floor(((at + 1) * slots) / masters.length) - 1;
    await redisCommand(master.url, ['cluster', 'addslotsrange', String(from), String(to)]);
    // Equal epochs would be settled by the nodes among themselves, later.
    await redisCommand(master.url, ['cluster', 'set-config-epoch', String(at + 1)]);
  }
  for (const [at, node] of nodes.entries()) {
    if (first === undefined || node === first) continue;
    await redisCommand(first.url, ['cluster', 'meet', node.host, String(node.port), String(busPorts[at])]);
  }
  const knowsAll = async (node: RedisServer): Promise<boolean> => {
    const known = String(await redisCommand(node.url, ['cluster', 'nodes']));
    return ids.every((id) => known.includes(String(id))) && !known.includes('handshake');
  };
  await waitFor(async () => (await Promise.all(nodes.map(knowsAll))).every(Boolean), {
    timeoutMs: 30_000,
    what: 'the nodes of the Redis Cluster to know each other',
  });
  for (const [at, replica] of replicas.entries()) {
    await redisCommand(replica.url, ['cluster', 'replicate', String(ids[at % masters.length])]);
  }
  const follows = async (replica: RedisServer): Promise<boolean> =>
    String(await redisCommand(replica.url, ['info', 'replication'])).includes('master_link_status:up');
  await waitFor(async () => (await Promise.all(replicas.map(follows))).every(Boolean), {
    timeoutMs: 30_000,
    what: 'the replicas of the Redis Cluster to follow their masters',
  });
}

async function allReady(nodes: readonly RedisServer[], timeoutMs: number): Promise<void> {
  const isReady = async (node: RedisServer): Promise<boolean> =>
    String(await redisCommand(node.url, ['cluster', 'info'])).includes('cluster_state:ok');
  await waitFor(
    async () => (await Promise.all(nodes.filter((node) => node.isAlive()).map(isReady))).every(Boolean),
    { timeoutMs, what: 'the Redis Cluster to be ready' },
  );
}
