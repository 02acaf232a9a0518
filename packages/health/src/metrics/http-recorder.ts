import type { HistogramSpec } from '@seaworthy/contracts';
import type { HistogramSeries } from './histogram-series.js';
import type { HttpSummary, RouteSummary } from './http-summary.js';
import type { MetricFamily } from './metric-family.js';
import type { Observe } from './metrics-source.js';
import { quantile } from './quantile.js';

/** The buckets that OpenTelemetry's conventions advise, in seconds. */
const durationSpec: HistogramSpec = {
  name: 'http.server.request.duration',
  description: 'Duration of HTTP requests, from the first byte of the request to the last one of the answer.',
  unit: 's',
  buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
};

/** The methods of RFC 9110 and RFC 5789; whatever else a client invents is one of the others. */
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'CONNECT', 'TRACE'];
const methodNumbers = new Map(methods.map((method, at) => [method, at]));
const otherMethod = methods.length;

/** What nginx writes for a client that left before its answer was complete. */
export const clientLeft = 499;

/** Counts requests as they begin and end. */
export interface HttpRecorder {
  begin(): void;
  /**
   * @param route - The template of the route, such as `/orders/:id`; empty when there is none. Never the path itself.
   * @param statusCode - 499 when the client left before the answer was complete.
   */
  end(method: string, route: string, statusCode: number, seconds: number): void;
  summary(): HttpSummary;
}

export function createHttpRecorder(
  histogram: (spec: HistogramSpec) => MetricFamily<HistogramSeries>,
  observe: Observe,
): HttpRecorder {
  const durations = histogram(durationSpec);
  /** By route, then by method and status code as one number: two lookups, and no string is made. */
  const routes = new Map<string, Map<number, HistogramSeries>>();
  let inFlight = 0;
  observe(
    'gauge',
    {
      name: 'http.server.active_requests',
      description: 'Requests that are being answered.',
      unit: '{request}',
    },
    () => [[{}, inFlight]],
  );

  function seriesOf(route: string, method: number, statusCode: number): HistogramSeries {
    let known = routes.get(route);
    if (known === undefined) {
      known = new Map();
      routes.set(route, known);
    }
    const key = statusCode * 16 + method;
    let series = known.get(key);
    if (series === undefined) {
      series = durations.series({
        'http.request.method': methods[method] ?? '_OTHER',
        'http.route': route,
        'http.response.status_code': String(statusCode),
      });
      if ('otel_metric_overflow' in series.labels && known.size === 0) routes.delete(route);
      else known.set(key, series);
    }
    return series;
  }

  return {
    begin() {
      inFlight += 1;
    },
    end(method, route, statusCode, seconds) {
      inFlight -= 1;
      seriesOf(route, methodNumbers.get(method) ?? otherMethod, statusCode).record(seconds);
    },
    summary() {
      const byRoute = new Map<string, Mutable>();
      for (const series of durations.all()) {
        const { 'http.request.method': method = '_OTHER', 'http.route': route = '' } = series.labels;
        const key = `${method} ${route}`;
        const summary = byRoute.get(key) ?? {
          method,
          route,
          requests: 0,
          clientErrors: 0,
          serverErrors: 0,
          counts: new Float64Array(durationSpec.buckets.length + 1),
        };
        byRoute.set(key, summary);
        const statusCode = Number(series.labels['http.response.status_code'] ?? 0);
        summary.requests += series.count;
        if (statusCode >= 500) summary.serverErrors += series.count;
        else if (statusCode >= 400) summary.clientErrors += series.count;
        series.addTo(summary.counts);
      }
      const found = [...byRoute.values()].toSorted((a, b) => b.requests - a.requests).map(finished);
      return { inFlight, routes: found };
    },
  };
}

type Mutable = {
  -readonly [Name in keyof Omit<RouteSummary, 'p50' | 'p95' | 'p99'>]: RouteSummary[Name];
} & { readonly counts: Float64Array };

function finished({ counts, ...summary }: Mutable): RouteSummary {
  const at = (q: number): number => quantile(q, durationSpec.buckets, counts);
  return { ...summary, p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
