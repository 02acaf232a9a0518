import type { Closable, HistogramSpec, MetricLabels, Metrics } from '@seaworthy/contracts';
import { optionsOf, wholeNumber, withDeadline } from '@seaworthy/contracts';
import { HealthError } from '../errors.js';
import { HistogramSeries } from './histogram-series.js';
import { createHttpRecorder, type HttpRecorder } from './http-recorder.js';
import { MetricFamily } from './metric-family.js';
import type { MetricType } from './metric-name.js';
import { prometheusName } from './metric-name.js';
import type { MetricsSource, Observe, ObservedSpec, Scrape } from './metrics-source.js';
import { NumberSeries } from './number-series.js';
import { watchProcess } from './process-metrics.js';
import { type RegistryLike, readRegistry, register } from './registry-bridge.js';
import { renderFamilies } from './render-families.js';
import type { Series } from './series.js';

export interface MetricsOptions {
  /**
   * A registry of `prom-client` 15 or `@prometheus-io/client`: our metrics appear in it too, and the scrape has the
   * registry's own beside ours. @defaultValue none
   */
  readonly registry?: RegistryLike;
  /** So many series in all; what comes beyond is counted into one series a metric. @defaultValue 2000 */
  readonly maxSeries?: number;
  /** Whether CPU, memory, event loop, garbage collection and disk of the process are measured. @defaultValue true */
  readonly process?: boolean;
}

/** Where everything is counted: our packages' port, the HTTP requests, and the process itself. */
export interface MetricStore extends Metrics, MetricsSource, Closable {
  /** What the adapters tell of requests. */
  readonly http: HttpRecorder;
}

const readOptions = optionsOf<MetricsOptions>('createMetrics', {
  registry: true,
  maxSeries: true,
  process: true,
});
/** As long as Prometheus waits by default; a collector of the application's own that hangs must not hold all later scrapes. */
const scrapeMs = 10_000;
const textFormat = 'text/plain; version=0.0.4; charset=utf-8';

/**
 * A store of metrics with OpenTelemetry names, a hard cap on series, and a scrape that is made once however many ask.
 *
 * @throws OptionsError for an unknown option or a value that cannot work; later HealthError `HEALTH_METRIC_TYPE` for a name
 * that is used for two types.
 *
 * @example
 * const metrics = createMetrics({ registry: promClient.register });
 * app.use(measureHttp(metrics)); // from '@seaworthy/health/express'
 * const health = createHealth({ metrics, details: isOperator }); // GET /metrics for operators, percentiles on the page
 */
export function createMetrics(options: MetricsOptions = {}): MetricStore {
  const { registry, maxSeries = 2_000, process: ofProcess = true } = readOptions(options);
  let left = wholeNumber('createMetrics', 'maxSeries', maxSeries, { min: 1 });
  const reader = registry === undefined ? undefined : readRegistry(registry);
  const families = new Map<string, MetricFamily>();
  /** By the name of the family that each fills: some forget what they have told. */
  const readers = new Map<string, () => void>();
  let rendering: Promise<Scrape> | undefined;

  const budget = {
    take(): boolean {
      if (left === 0) return false;
      left -= 1;
      return true;
    },
  };

  function family<S extends Series>(
    spec: ObservedSpec,
    type: MetricType,
    make: (labels: MetricLabels) => S,
  ): MetricFamily<S> {
    const known = families.get(prometheusName(spec, type));
    if (known?.type === type) return known as unknown as MetricFamily<S>; // same type, same kind of series
    const made = new MetricFamily<S>(spec, type, make, budget);
    if (known !== undefined) throw typeClash(made.name);
    families.set(made.name, made);
    if (registry !== undefined) register(registry, made, () => readers.get(made.name)?.());
    return made;
  }

  function collect(failures: unknown[]): void {
    for (const read of readers.values()) {
      try {
        read();
      } catch (error) {
        failures.push(error);
      }
    }
  }

  const number = (labels: MetricLabels): NumberSeries => new NumberSeries(labels);
  const histogramFamily = (spec: HistogramSpec): MetricFamily<HistogramSeries> =>
    family(spec, 'histogram', (labels) => new HistogramSeries(labels, spec.buckets));

  const observe: Observe = (type, spec, read) => {
    const observed = family(spec, type, number);
    readers.set(observed.name, () => {
      for (const [labels, value] of read()) observed.series(labels).value = value;
    });
  };

  async function render(): Promise<Scrape> {
    const failures: unknown[] = [];
    let others: string | undefined = '';
    if (registry !== undefined && reader !== undefined) {
      others = await reader.others(new Set(families.keys()), failures);
      if (others === undefined)
        return { contentType: registry.contentType, body: await reader.all(), failures };
    }
    collect(failures);
    const body = (await renderFamilies(families.values())) + others;
    return { contentType: textFormat, body, failures };
  }

  const none: MetricLabels = {};
  const http = createHttpRecorder(histogramFamily, observe);
  const stopWatching = ofProcess ? watchProcess(observe, histogramFamily) : () => undefined;

  const store: MetricStore = {
    http,
    observe,
    httpSummary: http.summary,
    counter(spec) {
      const counted = family(spec, 'counter', number);
      return {
        add(amount = 1, labels = none) {
          if (amount >= 0 && amount < Number.POSITIVE_INFINITY) counted.series(labels).value += amount;
        },
      };
    },
    gauge(spec) {
      const measured = family(spec, 'gauge', number);
      return {
        set(value, labels = none) {
          measured.series(labels).value = value;
        },
      };
    },
    histogram(spec) {
      const recorded = histogramFamily(spec);
      return {
        record(value, labels = none) {
          if (Number.isFinite(value)) recorded.series(labels).record(value);
        },
      };
    },
    scrape() {
      rendering ??= withDeadline(render, { timeoutMs: scrapeMs, what: 'The scrape' }).finally(() => {
        rendering = undefined;
      });
      return rendering;
    },
    async close() {
      stopWatching();
      for (const name of families.keys()) registry?.removeSingleMetric(name);
    },
    [Symbol.asyncDispose]: () => store.close(),
  };
  return store;
}

function typeClash(name: string): HealthError {
  return new HealthError(`There is a metric "${name}" of another type already. Give this one another name.`, {
    code: 'HEALTH_METRIC_TYPE',
  });
}
