import type { HttpSummarySource } from './http-summary.js';

/** What a scrape gets. */
export interface Scrape {
  readonly contentType: string;
  readonly body: string;
}

/** Who counts: what `createMetrics()` makes. */
export interface MetricsSource extends HttpSummarySource {
  /** Everything in Prometheus' text format. Whoever asks while another scrape is under way gets that one's. */
  scrape(): Promise<Scrape>;
}
