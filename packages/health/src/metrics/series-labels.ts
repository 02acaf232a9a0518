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

/**
 * The labels as they can be written: half a surrogate pair, which UTF-8 has no bytes for, is U+FFFD. The same object when
 * there is nothing to change.
 */
export function writableLabels(labels: MetricLabels): MetricLabels {
  if (Object.values(labels).every((value) => !loneSurrogate.test(value))) return labels;
  return Object.fromEntries(
    Object.entries(labels).map(([name, value]) => [name, value.replaceAll(loneSurrogates, '\ufffd')]),
  );
}

const loneSurrogate = /\p{Surrogate}/u;
const loneSurrogates = /\p{Surrogate}/gu;

/** `a="1",b="2"` with everything escaped (Prometheus text format 0.0.4). */
export function labelsText(labels: MetricLabels): string {
  return Object.entries(prometheusLabels(labels))
    .map(([name, value]) => `${name}="${escapeLabel(value)}"`)
    .join(',');
}

/**
 * The names as Prometheus wants them: `http.route` is `http_route`. Where two become one their values are joined by `;`, as
 * OpenTelemetry says ("Prometheus and OpenMetrics compatibility"): the same label twice would make the whole scrape invalid.
 */
export function prometheusLabels(labels: MetricLabels): Record<string, string> {
  const written: Record<string, string> = {};
  for (const [name, value] of Object.entries(labels)) {
    const plain = prometheusLabel(name);
    written[plain] = Object.hasOwn(written, plain) ? `${written[plain]};${value}` : value;
  }
  return written;
}

function prometheusLabel(name: string): string {
  return name.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d)/, '_');
}

function escapeLabel(value: string): string {
  return /[\\\n"]/.test(value)
    ? value.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
    : value;
}
