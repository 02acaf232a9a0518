import {
  type Clock,
  type DurationInput,
  type Environment,
  invalidOption,
  type Logger,
  type Metrics,
  type OptionNames,
  positiveDuration,
  protectionOf,
  readEnvironment,
  requireProtection,
  silentLogger,
  silentMetrics,
  systemClock,
} from '@seaworthy/contracts';
import type { PolicySettings } from './policed-connection.js';
import { type ReconnectOptions, reconnectPolicy } from './reconnect-policy.js';
import type { RedisAddress } from './redis-address.js';
import type { RedisClientSettings } from './redis-client.js';
import type { RedisError } from './redis-error.js';

/** What one Redis and a Cluster have in common. */
export interface ConnectionOptions {
  /** Whether the service is useless without it: `ready()` then rejects, and the health check fails. */
  readonly required: boolean;
  /** Stands in logs, metrics and CLIENT LIST; letters, digits, `.`, `_`, `-`. @defaultValue 'redis' */
  readonly name?: string;
  /**
   * No command takes longer, blocking ones included: give those a connection of their own. Below about 200 ms a pause of
   * our own event loop already looks like a slow Redis. @defaultValue '500ms'
   */
  readonly commandTimeout?: DurationInput;
  /** For one attempt, until TCP and TLS stand. @defaultValue '2s' */
  readonly connectTimeout?: DurationInput;
  /** How reconnects are paced and when they end. */
  readonly reconnect?: ReconnectOptions;
  /**
   * After the attempts are used up: stay down until the process restarts, or look again now and then, quietly. The guides
   * stay down; a process that could heal by itself should. @defaultValue { retryEvery: '30s' }
   */
  readonly afterGivingUp?: 'stay-down' | { readonly retryEvery: DurationInput };
  /** Called each time the attempts are used up. For a required Redis: begin the shutdown here. */
  readonly onGiveUp?: (error: RedisError) => void;
  /**
   * `staging` and `production` refuse a Redis on another machine without TLS, and TLS that does not check the certificate. A
   * Cluster names nodes wherever they are, so there it is asked of every one.
   *
   * @defaultValue 'production'
   */
  readonly environment?: Environment;
  /** Further options of the client, for example `tls: { ca }` for a `rediss:` URL, or `keyPrefix`. Those that the policy sets are refused. */
  readonly clientOptions?: Readonly<Record<string, unknown>>;
  /** @defaultValue silent */
  readonly logger?: Logger;
  /** @defaultValue silent */
  readonly metrics?: Metrics;
  /** @defaultValue the machine's */
  readonly clock?: Clock;
}

export const connectionOptionNames: OptionNames<ConnectionOptions> = {
  required: true,
  name: true,
  commandTimeout: true,
  connectTimeout: true,
  reconnect: true,
  afterGivingUp: true,
  onGiveUp: true,
  environment: true,
  clientOptions: true,
  logger: true,
  metrics: true,
  clock: true,
};

type NodeSettings = Omit<
  RedisClientSettings,
  'host' | 'port' | 'lazyConnect' | 'enableOfflineQueue' | 'retryStrategy' | 'reconnectOnError'
>;

/** Set by the policy or by the URL, so a caller's value would silently undo one of them. */
const ownedNames: ReadonlySet<string> = new Set(
  [
    'host port path sentinels Connector db username password connectionName family lazyConnect enableOfflineQueue retryStrategy reconnectOnError',
    'autoResendUnfulfilledCommands maxRetriesPerRequest commandTimeout connectTimeout socketTimeout disconnectTimeout redisOptions',
    'clusterRetryStrategy',
  ].flatMap((names) => names.split(' ')),
);

/** What makes a connection encrypted and checked, for messages. */
const unencrypted = {
  expected: 'a rediss:// URL',
  fix: 'rediss:// (and clientOptions: { tls: { ca } } for an authority of your own)',
} as const;
const unverified = {
  option: 'clientOptions',
  expected: 'with a tls that checks',
  fix: 'tls: { ca }',
} as const;

/** Who reads the options, and which of them the address comes from. */
interface OptionsReader {
  readonly owner: string;
  readonly option: string;
  /** Whether the server names others that are then spoken to: that it is on this machine says nothing about those. */
  readonly namesOthers: boolean;
}

export function readConnectionOptions(
  { owner, option, namesOthers }: OptionsReader,
  address: RedisAddress,
  options: ConnectionOptions,
): { readonly node: NodeSettings; readonly settings: Omit<PolicySettings, 'label'> } {
  const {
    required,
    name = 'redis',
    commandTimeout = '500ms',
    connectTimeout = '2s',
    reconnect = {},
    afterGivingUp = { retryEvery: '30s' },
    onGiveUp = () => undefined,
    clientOptions = {},
    logger = silentLogger,
    metrics = silentMetrics,
    clock = systemClock,
  } = options;
  if (typeof required !== 'boolean') throw invalidOption(owner, 'required', 'true or false');
  if (!/^[\w.-]{1,64}$/.test(name)) throw invalidOption(owner, 'name', 'letters, digits, ".", "_" and "-"');
  for (const setting of Object.keys(clientOptions)) {
    if (!ownedNames.has(setting)) continue;
    throw invalidOption(owner, 'clientOptions', `without "${setting}", which the URL or the policy sets`);
  }
  const environment = readEnvironment(owner, options.environment);
  // What ioredis takes for no TLS, `tls: undefined` say, must not undo a rediss:// URL.
  const given = address.tls ? { ...clientOptions, tls: clientOptions.tls || {} } : clientOptions;
  const server = namesOthers
    ? { address: `a node that ${address.label} announces`, host: 'announced.invalid' }
    : { address: address.label, host: address.host };
  const protection = protectionOf(server.host, given.tls);
  requireProtection(owner, { address: server.address, protection }, environment, {
    plaintext: { option, ...unencrypted },
    unverified,
  });
  const commandTimeoutMs = positiveDuration(owner, 'commandTimeout', commandTimeout);
  const node: NodeSettings = {
    ...given,
    ...(address.family === undefined ? {} : { family: address.family }),
    ...(address.username === undefined ? {} : { username: address.username }),
    ...(address.password === undefined ? {} : { password: address.password.reveal() }),
    db: address.database,
    connectionName: name,
    // A command in flight at the loss may have run; sending it again would run an INCR twice.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    commandTimeout: commandTimeoutMs,
    connectTimeout: positiveDuration(owner, 'connectTimeout', connectTimeout),
    // A peer that vanished without a word: commands time out one by one, and then the socket is given up too.
    socketTimeout: Math.max(1_000, 2 * commandTimeoutMs),
    disconnectTimeout: commandTimeoutMs,
  };
  const retryAfterGivingUpMs =
    afterGivingUp === 'stay-down'
      ? undefined
      : positiveDuration(owner, 'afterGivingUp', afterGivingUp.retryEvery);
  const policy = reconnectPolicy(reconnect);
  return {
    node,
    settings: {
      name,
      required,
      commandTimeoutMs,
      policy,
      retryAfterGivingUpMs,
      logger,
      metrics,
      clock,
      onGiveUp,
    },
  };
}
