/** Label values of one series. Values come from a small, known set: never an id, a URL or anything a client chose. */
export type MetricLabels = Readonly<Record<string, string>>;

/** What a metric is called. Names and units follow OpenTelemetry where it has one: `db.client.connection.wait_time`, `s`. */
export interface MetricSpec {
  readonly name: string;
  readonly description: string;
  /** UCUM: `s`, `By`, `{connection}`, `1`. */
  readonly unit: string;
}

export interface HistogramSpec extends MetricSpec {
  /** Upper bounds of the buckets in `unit`, rising; the last one to infinity is implied. */
  readonly buckets: readonly number[];
}

export interface Counter {
  /** Adds `amount`, which is not negative. @defaultValue 1 */
  add(amount?: number, labels?: MetricLabels): void;
}

export interface Gauge {
  set(value: number, labels?: MetricLabels): void;
}

export interface Histogram {
  record(value: number, labels?: MetricLabels): void;
}

/** Where a package registers its metrics. Asking twice for the same name gives the same metric. */
export interface Metrics {
  counter(spec: MetricSpec): Counter;
  gauge(spec: MetricSpec): Gauge;
  histogram(spec: HistogramSpec): Histogram;
}

const counter: Counter = Object.freeze({ add: () => undefined });
const gauge: Gauge = Object.freeze({ set: () => undefined });
const histogram: Histogram = Object.freeze({ record: () => undefined });

/** What a package measures into when nobody gave it a registry: nothing. */
export const silentMetrics: Metrics = Object.freeze({
  counter: () => counter,
  gauge: () => gauge,
  histogram: () => histogram,
});
