import type { MetricLabels, MetricSpec } from '@seaworthy/contracts';
import type { HttpSummarySource } from './http-summary.js';

/** What a scrape gets. */
export interface Scrape {
  readonly contentType: string;
  readonly body: string;
  /** Why metrics of the application's own are left out of it: their collectors failed. */
  readonly failures?: readonly unknown[];
}

export interface ObservedSpec extends MetricSpec {
  /** What the processes of a cluster come to together, in a registry that aggregates them. @defaultValue 'sum' */
  readonly aggregate?: 'sum' | 'min' | 'max' | 'average';
}

/** Adds a metric whose values are read when somebody scrapes. */
export type Observe = (
  type: 'counter' | 'gauge',
  spec: ObservedSpec,
  read: () => Iterable<readonly [MetricLabels, number]>,
) => void;

/** Who counts: what `createMetrics()` makes. */
export interface MetricsSource extends HttpSummarySource {
  /** Everything in Prometheus' text format. Whoever asks while another scrape is under way gets that one's. */
  scrape(): Promise<Scrape>;
  readonly observe: Observe;
}
