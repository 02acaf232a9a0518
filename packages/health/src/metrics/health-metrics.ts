import type { MetricLabels } from '@seaworthy/contracts';
import type { CheckSnapshot, CheckStatus } from '../check-runner.js';
import type { MetricsSource } from './metrics-source.js';

const statusValues: Readonly<Record<CheckStatus, number>> = { pass: 1, warn: 0.5, fail: 0, pending: 0 };

/** Makes the checks metrics, to alert on. What is labelled are names that the application chose itself. */
export function observeChecks(metrics: MetricsSource, checks: () => readonly CheckSnapshot[]): void {
  metrics.observe(
    'gauge',
    {
      name: 'health.check.status',
      description: '1: works, 0.5: degraded, 0: down or not asked yet.',
      unit: '{status}',
      aggregate: 'min',
    },
    () =>
      checks().map(({ name, critical, status }) => [
        { check: name, critical: String(critical) },
        statusValues[status],
      ]),
  );
  metrics.observe(
    'gauge',
    {
      name: 'health.check.timestamp',
      description:
        'Moments that a check has seen, such as that of the last backup (madeAt) or the end of a certificate (expiresAt).',
      unit: 's',
      aggregate: 'min',
    },
    () => checks().flatMap(timestampsOf),
  );
}

/** Moments stay true when the check fails later, where an age would stand still. */
function timestampsOf({ name, observed }: CheckSnapshot): (readonly [MetricLabels, number])[] {
  if (typeof observed !== 'object' || observed === null) return [];
  return Object.entries(observed).flatMap(([figure, value]): (readonly [MetricLabels, number])[] => {
    if (!figure.endsWith('At') || typeof value !== 'string') return [];
    const ms = Date.parse(value);
    return Number.isNaN(ms) ? [] : [[{ check: name, figure }, ms / 1_000]];
  });
}
