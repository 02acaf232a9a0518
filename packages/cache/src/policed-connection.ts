import {
  type Clock,
  DeadlineError,
  type Degraded,
  formatDuration,
  type HealthCheck,
  type Logger,
  type Metrics,
  optionsOf,
  parseDuration,
  type RedisCommands,
  type Timer,
  withDeadline,
} from '@seaworthy/contracts';
import { boundedCommands } from './bounded-commands.js';
import { failureReason, withoutArguments } from './failure-reason.js';
import type { ReadOnlyWatch } from './read-only-watch.js';
import type { ReconnectPolicy } from './reconnect-policy.js';
import type { RedisClient } from './redis-client.js';
import type { ReadyOptions, RedisConnection, RedisStatus } from './redis-connection.js';
import { RedisError } from './redis-error.js';
import { unavailableError } from './unavailable-error.js';

export interface PolicySettings {
  readonly name: string;
  readonly label: string;
  readonly required: boolean;
  readonly commandTimeoutMs: number;
  readonly policy: ReconnectPolicy;
  /** `undefined` stays down. */
  readonly retryAfterGivingUpMs: number | undefined;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly onGiveUp: (error: RedisError) => void;
  /** Of one server; a Cluster finds its masters by itself. */
  readonly readOnlyWatch?: ReadOnlyWatch;
}

const readReadyOptions = optionsOf<ReadyOptions>('ready', { timeout: true, signal: true });

/**
 * Drives a client whose own reconnecting is off: every attempt ends in the client's `end` event, and the policy says what
 * comes next. The waits run on the clock port, and a command that was in flight at the loss fails instead of running twice.
 */
export class PolicedConnection<Client extends RedisClient> implements RedisConnection<Client> {
  readonly #client: Client;
  readonly #settings: PolicySettings;
  readonly #commands: RedisCommands;
  readonly #waiting = new Set<() => void>();
  readonly #up;
  readonly #attempts;
  #status: RedisStatus = 'connecting';
  #attempt = 0;
  #downSince: number;
  #lastReason = 'unknown';
  #timer: Timer | undefined;
  #closing: Promise<void> | undefined;

  constructor(client: Client, settings: PolicySettings) {
    const { clock, metrics, label, commandTimeoutMs } = settings;
    this.#client = client;
    this.#settings = settings;
    this.#downSince = clock.monotonic();
    this.#up = metrics.gauge({
      name: 'redis.client.up',
      description: 'Whether the connection to Redis is ready.',
      unit: '1',
    });
    this.#attempts = metrics.counter({
      name: 'redis.client.connection.attempts',
      description: 'Attempts to connect to Redis.',
      unit: '{attempt}',
    });
    this.#commands = boundedCommands({
      client,
      label,
      commandTimeoutMs,
      clock,
      assertReady: () => {
        if (this.#status !== 'ready') throw this.#unavailable();
      },
    });
    client.on('error', (error) => {
      this.#lastReason = failureReason(withoutArguments(error)); // before any other listener can log it
    });
    client.on('ready', () => this.#onReady());
    client.on('end', () => this.#onEnd());
    this.#connect();
  }

  get client(): Client {
    return this.#client;
  }

  get status(): RedisStatus {
    return this.#status;
  }

  get commands(): RedisCommands {
    return this.#commands;
  }

  async ready(options: ReadyOptions = {}): Promise<boolean> {
    const { timeout = '30s', signal } = readReadyOptions(options);
    const { clock, label, required } = this.#settings;
    const timeoutMs = parseDuration(timeout);
    let settled: () => void = () => undefined;
    const wait = new Promise<void>((resolve) => {
      settled = resolve;
    });
    this.#waiting.add(settled);
    if (this.#status !== 'connecting' && this.#status !== 'reconnecting') settled();
    try {
      await withDeadline(() => wait, { timeoutMs, what: `Redis at ${label}`, signal, clock });
    } catch (error) {
      if (!DeadlineError.is(error)) throw error;
    } finally {
      this.#waiting.delete(settled);
    }
    if (this.#status === 'ready') return true;
    if (required || this.#status === 'closed') throw this.#unavailable();
    return false;
  }

  healthCheck(): HealthCheck<'remote'> {
    return { kind: 'remote', probe: (signal) => this.#probe(signal) };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #connect(): void {
    this.#attempts.add(1, { name: this.#settings.name });
    this.#client.connect().catch(() => undefined); // 'error' has said why, and 'end' follows
  }

  #onReady(): void {
    if (this.#closing !== undefined) return;
    const { clock, logger, name, label } = this.#settings;
    if (this.#attempt > 0) {
      const downMs = Math.round(clock.monotonic() - this.#downSince);
      logger.info('Redis is back.', { redis: name, address: label, downMs, attempts: this.#attempt });
    }
    this.#attempt = 0;
    this.#settings.readOnlyWatch?.connected();
    this.#become('ready');
  }

  #onEnd(): void {
    if (this.#closing !== undefined) return;
    const { clock, logger, name, label, policy, readOnlyWatch } = this.#settings;
    if (this.#status === 'ready') {
      this.#downSince = clock.monotonic();
      const message = readOnlyWatch?.isLeaving
        ? 'Redis takes no writes any more; connecting anew to find its master.'
        : 'The connection to Redis was lost; reconnecting.';
      logger.warn(message, { redis: name, address: label });
      this.#become('reconnecting');
    }
    this.#attempt += 1;
    if (this.#status === 'gave_up') {
      this.#retryAfterGivingUp();
      return;
    }
    const delayMs = policy(this.#attempt, clock.monotonic() - this.#downSince);
    if (delayMs === undefined) this.#giveUp();
    else this.#timer = clock.schedule(() => this.#connect(), delayMs);
  }

  #giveUp(): void {
    const { logger, name, label, required, retryAfterGivingUpMs, onGiveUp } = this.#settings;
    const attempts = this.#attempt - 1;
    this.#become('gave_up');
    const next = retryAfterGivingUpMs === undefined ? 'never' : formatDuration(retryAfterGivingUpMs);
    logger[required ? 'error' : 'warn']('Gave up reconnecting to Redis.', {
      redis: name,
      address: label,
      required,
      attempts,
      reason: this.#lastReason,
      retryEvery: next,
    });
    this.#retryAfterGivingUp();
    try {
      onGiveUp(this.#unavailable());
    } catch (error) {
      logger.error('onGiveUp of connectRedis threw.', { redis: name, error });
    }
  }

  #retryAfterGivingUp(): void {
    const { clock, retryAfterGivingUpMs } = this.#settings;
    if (retryAfterGivingUpMs !== undefined && this.#closing === undefined) {
      this.#timer = clock.schedule(() => this.#connect(), retryAfterGivingUpMs);
    }
  }

  #become(status: RedisStatus): void {
    this.#status = status;
    this.#up.set(status === 'ready' ? 1 : 0, { name: this.#settings.name });
    if (status !== 'reconnecting') for (const settled of this.#waiting) settled();
  }

  async #probe(signal: AbortSignal): Promise<'ready' | Degraded> {
    signal.throwIfAborted();
    try {
      await this.#commands.call('PING');
      await this.#settings.readOnlyWatch?.assertWritable(this.#commands, this.#settings.label);
      return 'ready';
    } catch (error) {
      if (this.#settings.required) throw error;
      return { status: 'degraded', reason: `Redis "${this.#settings.name}" is ${this.#condition(error)}` };
    }
  }

  #condition(error: unknown): string {
    if (RedisError.is(error) && error.code === 'REDIS_READ_ONLY') return 'taking no writes';
    return this.#status === 'ready'
      ? `not answering (${failureReason(error)})`
      : this.#status.replace('_', ' ');
  }

  #unavailable(): RedisError {
    return unavailableError(this.#status, { label: this.#settings.label, reason: this.#lastReason });
  }

  async #close(): Promise<void> {
    const wasReady = this.#status === 'ready';
    this.#timer?.cancel();
    this.#become('closed');
    const { clock, commandTimeoutMs: timeoutMs } = this.#settings;
    try {
      // QUIT lets replies that are on their way arrive; a server that does not answer must not hold a shutdown up.
      if (wasReady) await withDeadline(() => this.#client.quit(), { timeoutMs, what: 'QUIT', clock });
    } catch {
      // Disconnecting is what is left to do either way.
    }
    this.#client.disconnect();
  }
}
