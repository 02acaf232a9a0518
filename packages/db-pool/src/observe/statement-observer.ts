import { type MetricLabels, type Metrics, silentMetrics } from '@seaworthy/contracts';
import { DbError } from '../db-error.js';
import type { SlowLog } from './slow-log.js';

/** Told of every statement that ran, when it has ended. Nothing here may throw, and nothing may cost. */
export interface StatementObserver {
  /** @param error - `undefined` when it succeeded. */
  ended(text: string, durationMs: number, error: unknown): void;
}

export interface ObserveStatementsOptions {
  readonly system: string;
  /** What the metrics call the pool. */
  readonly pool: string;
  /** `host:port`, or a folder. */
  readonly address: string;
  readonly metrics: Metrics;
  readonly slowLog: SlowLog | undefined;
}

/** Those that OpenTelemetry advises for this metric. */
const secondsBuckets = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/** What a label may say: a small, known set, whatever the statement. */
const operations = [
  ...['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MERGE', 'REPLACE', 'CALL', 'WITH', 'SET', 'SHOW'],
  ...['BEGIN', 'START', 'COMMIT', 'ROLLBACK', 'SAVEPOINT', 'RELEASE', 'CREATE', 'ALTER', 'DROP', 'COPY'],
] as const;

const longestOperation = Math.max(...operations.map(({ length }) => length));

/**
 * Measures `db.client.operation.duration` and passes slow statements on. `undefined` when nobody listens, so that nothing is
 * measured then.
 *
 * https://opentelemetry.io/docs/specs/semconv/database/database-metrics/#metric-dbclientoperationduration
 */
export function observeStatements({
  system,
  pool,
  address,
  metrics,
  slowLog,
}: ObserveStatementsOptions): StatementObserver | undefined {
  if (metrics === silentMetrics && slowLog === undefined) return undefined;
  const duration = metrics.histogram({
    name: 'db.client.operation.duration',
    description: 'Time that statements took in the server and on the way',
    unit: 's',
    buckets: secondsBuckets,
  });
  const slowAfterMs = slowLog?.afterMs ?? Number.POSITIVE_INFINITY;
  const [, host = address, port] = /^(.*):(\d+)$/.exec(address) ?? [];
  const common: MetricLabels = {
    'db.system.name': system,
    'db.client.connection.pool.name': pool,
    'server.address': host,
    ...(port === undefined ? {} : { 'server.port': port }),
  };
  // Made once: a label object for each statement would cost more than the measurement.
  const byOperation = new Map<string, MetricLabels>(
    operations.map((operation) => [operation, { ...common, 'db.operation.name': operation }]),
  );

  return {
    ended(text, durationMs, error) {
      const labels = byOperation.get(operationOf(text)) ?? common;
      duration.record(durationMs / 1_000, error === undefined ? labels : { ...labels, ...failureOf(error) });
      if (durationMs >= slowAfterMs) slowLog?.report(text, durationMs, kindOf(error));
    },
  };
}

/** The first word in capitals, when it is short enough to be one that is known. */
function operationOf(text: string): string {
  let start = 0;
  while (text.charCodeAt(start) <= 32) start += 1;
  let end = start;
  while (end - start <= longestOperation && isLetter(text.charCodeAt(end))) end += 1;
  return text.slice(start, end).toUpperCase();
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90);
}

function failureOf(error: unknown): MetricLabels {
  const code = sqlStateOf(error);
  return {
    'error.type': kindOf(error) ?? 'other',
    ...(code === undefined ? {} : { 'db.response.status_code': code }),
  };
}

/** Ours, or as pg (`code`) and mysql2 (`sqlState`) say it to tools. */
function sqlStateOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const state: unknown = Reflect.get(error, 'sqlState') ?? Reflect.get(error, 'code');
  return typeof state === 'string' && /^[0-9A-Z]{5}$/.test(state) ? state : undefined;
}

function kindOf(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  return DbError.is(error) ? error.kind : 'other';
}
