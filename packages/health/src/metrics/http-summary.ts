/** One method and route since the process started, or since the counts were reset. */
export interface RouteSummary {
  readonly method: string;
  /** The template, such as `/orders/:id`. */
  readonly route: string;
  readonly requests: number;
  /** Answers of 400 to 499; 499 are those whose client left before they were complete. */
  readonly clientErrors: number;
  /** Answers of 500 and above. */
  readonly serverErrors: number;
  /** Seconds below which half of the requests, 95 % and 99 % of them ended, estimated within their bucket. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** What a person wants to know about the traffic, without a Prometheus. */
export interface HttpSummary {
  readonly inFlight: number;
  /** The busiest first. */
  readonly routes: readonly RouteSummary[];
}

/** Who counts requests: `createMetrics()` makes one. */
export interface HttpSummarySource {
  httpSummary(): HttpSummary;
}
