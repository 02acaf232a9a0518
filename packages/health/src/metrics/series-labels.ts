import type { MetricLabels } from '@seaworthy/contracts';

/** What a series beyond the cap is counted into instead, as OpenTelemetry calls it. */
export const overflowLabels: MetricLabels = { otel_metric_overflow: 'true' };

/**
 * A key that no two different sets of labels share, whatever is in their values: every part says how long it is. A plain
 * separator would let `a="1,b:2"` and `a="1" b="2"` count into one series, as prom-client 15 does.
 */
export function labelsKey(labels: MetricLabels): string {
  const names = Object.keys(labels);
  if (names.length > 1) names.sort();
  let key = '';
  for (const name of names) {
    const value = labels[name] ?? '';
    key += `${name.length}:${name}${value.length}:${value}`;
  }
  return key;
}

/** `a="1",b="2"` with everything escaped (Prometheus text format 0.0.4). */
export function labelsText(labels: MetricLabels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${prometheusLabel(name)}="${escapeLabel(value)}"`)
    .join(',');
}

/** The names as Prometheus wants them: `http.route` is `http_route`. */
export function prometheusLabels(labels: MetricLabels): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [prometheusLabel(name), value]));
}

function prometheusLabel(name: string): string {
  return name.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d)/, '_');
}

function escapeLabel(value: string): string {
  return /[\\\n"]/.test(value)
    ? value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
    : value;
}
