import type { MetricLabels } from '@seaworthy/contracts';

/** One value as `prom-client` has it in its JSON. */
export interface MetricValue {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** Where it is not the metric's own: `…_bucket`, `…_sum`, `…_count`. */
  readonly metricName?: string;
}

/** The values of one set of labels. */
export interface Series {
  readonly labels: MetricLabels;
  /** Adds its lines in the text format, without line ends. */
  write(lines: string[], name: string): void;
  values(name: string): MetricValue[];
}
