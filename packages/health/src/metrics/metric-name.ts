import type { MetricSpec } from '@seaworthy/contracts';

export type MetricType = 'counter' | 'gauge' | 'histogram';

const unitSuffixes: Readonly<Record<string, string>> = { s: '_seconds', ms: '_milliseconds', By: '_bytes' };

/**
 * The Prometheus name of an OpenTelemetry metric (OpenTelemetry specification, "Prometheus and OpenMetrics compatibility"):
 * `http.server.request.duration` in `s` is `http_server_request_duration_seconds`, a gauge in `1` is a `_ratio`, a counter a
 * `_total`.
 */
export function prometheusName({ name, unit }: MetricSpec, type: MetricType): string {
  const plain = name.replace(/[^A-Za-z0-9_:]+/g, '_').replace(/^(?=\d)/, '_');
  const suffix = unit === '1' && type === 'gauge' ? '_ratio' : (unitSuffixes[unit] ?? '');
  const withUnit = plain.endsWith(suffix) ? plain : plain + suffix;
  return type === 'counter' && !withUnit.endsWith('_total') ? `${withUnit}_total` : withUnit;
}
