import { type Clock, type Logger, type Metrics, silentMetrics } from '@seaworthy/contracts';
import { DbError } from './db-error.js';
import type { DbEvent } from './observe/db-event.js';
import { Alarm } from './pool/alarm.js';
import type { PoolObserver } from './pool/pool-observer.js';
import type { PoolStats } from './pool/pool-stats.js';

const secondsBuckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

export interface DbObserver extends PoolObserver {
  /** A call failed, for whatever reason. */
  failed(error: unknown): void;
  /** The server has become read-only, and all connections are replaced. */
  evicted(): void;
  /** A connection has not come back for so long; `borrower` is the stack of who has it, when it is known. */
  leaked(heldMs: number, borrower: string | undefined): void;
}

export interface ObserveDbOptions {
  readonly name: string;
  readonly address: string;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
  /** What the pool is bounded by, for the gauges that never change. */
  readonly pool: { readonly max: number; readonly min: number };
  readonly onEvent?: ((event: DbEvent) => void) | undefined;
}

/** Gauges change with every statement and are read every few seconds, so they are set so often at most. */
const gaugesEveryMs = 100;

/**
 * Reports a pool to metrics and log. Names follow OpenTelemetry's `db.client.connection.*`
 * (https://opentelemetry.io/docs/specs/semconv/database/database-metrics/); no label comes from a statement.
 */
export function observeDb(options: ObserveDbOptions): DbObserver {
  const { name, address, metrics, logger, clock, onEvent } = options;
  const pool = { 'db.client.connection.pool.name': name };
  const idle = { ...pool, 'db.client.connection.state': 'idle' };
  const used = { ...pool, 'db.client.connection.state': 'used' };
  const histogram = (suffix: string, description: string) =>
    metrics.histogram({
      name: `db.client.connection.${suffix}`,
      description,
      unit: 's',
      buckets: secondsBuckets,
    });
  const count = metrics.gauge({
    name: 'db.client.connection.count',
    description: 'Connections that are idle or in use',
    unit: '{connection}',
  });
  const pending = metrics.gauge({
    name: 'db.client.connection.pending_requests',
    description: 'Callers that wait for a connection',
    unit: '{request}',
  });
  const timeouts = metrics.counter({
    name: 'db.client.connection.timeouts',
    description: 'Callers that got no connection in time',
    unit: '{timeout}',
  });
  const errors = metrics.counter({
    name: 'db.client.operation.errors',
    description: 'Calls that failed, by kind',
    unit: '{error}',
  });
  const leaks = metrics.counter({
    name: 'db.client.connection.leaks',
    description: 'Connections that were kept longer than pool.leakAfter',
    unit: '{connection}',
  });
  const waitTime = histogram('wait_time', 'Time until a connection was had');
  const useTime = histogram('use_time', 'Time between having a connection and giving it back');
  const createTime = histogram('create_time', 'Time to make a connection');

  const bound = (suffix: string, description: string, value: number): void =>
    metrics
      .gauge({ name: `db.client.connection.${suffix}`, description, unit: '{connection}' })
      .set(value, pool);
  bound('max', 'Connections that there may be', options.pool.max);
  bound('idle.max', 'Idle connections that there may be', options.pool.max);
  bound('idle.min', 'Connections that are kept open', options.pool.min);

  function tell(event: DbEvent): void {
    try {
      onEvent?.(event);
    } catch (error) {
      logger.error('onEvent of createDb threw', { pool: name, error });
    }
  }

  let changedPool: { readonly stats: PoolStats } | undefined;
  const gauges = new Alarm(clock, () => {
    if (changedPool === undefined) return;
    const { stats } = changedPool;
    count.set(stats.idle, idle);
    count.set(stats.total - stats.idle, used);
    pending.set(stats.waiting, pool);
  });

  return {
    acquired: (waitMs) => waitTime.record(waitMs / 1_000, pool),
    released: (useMs) => useTime.record(useMs / 1_000, pool),
    connected(createMs) {
      createTime.record(createMs / 1_000, pool);
      tell({ type: 'connected', pool: name, createMs });
    },
    gaveUp(error) {
      if (kindOf(error) === 'aborted' || kindOf(error) === 'closed') return;
      timeouts.add(1, pool);
      tell({ type: 'starved', pool: name, error });
    },
    wentDown(error) {
      logger.error('Database connection failed; trying again', { pool: name, address, error });
      tell({ type: 'down', pool: name, error });
    },
    cameBack(failures, downMs) {
      logger.info('Database is reachable again', { pool: name, address, failures, downMs });
      tell({ type: 'up', pool: name, failures, downMs });
    },
    changed(source) {
      if (metrics === silentMetrics || gauges.isSet) return;
      changedPool = source;
      gauges.set(gaugesEveryMs);
    },
    failed: (error) => errors.add(1, { ...pool, 'error.type': kindOf(error) }),
    evicted() {
      tell({ type: 'evicted', pool: name });
      logger.warn('The database has become read-only; all connections are replaced', { pool: name, address });
    },
    leaked(heldMs, borrower) {
      leaks.add(1, pool);
      tell({ type: 'leaked', pool: name, heldMs, borrower });
      logger.warn(
        'A database connection has not been given back: release() is missing, or the work is long',
        {
          pool: name,
          heldMs: Math.round(heldMs),
          borrower: borrower ?? 'not remembered; it will be from now on',
        },
      );
    },
  };
}

function kindOf(error: unknown): string {
  return DbError.is(error) ? error.kind : 'other';
}
