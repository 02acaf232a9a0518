import type { MetricLabels, MetricSpec, Metrics } from '@seaworthy/contracts';

/** Metrics that remember: counters add up, gauges keep the last value, histograms count their records. */
export function recordingMetrics(): Metrics & {
  value(name: string, labels: MetricLabels): number | undefined;
  /** The labels under which something was measured. */
  labelsOf(name: string): readonly MetricLabels[];
} {
  const values = new Map<string, number>();
  const seen = new Map<string, { readonly name: string; readonly labels: MetricLabels }>();
  const keyOf = (name: string, labels: MetricLabels = {}): string =>
    `${name} ${JSON.stringify(Object.entries(labels).sort())}`;
  const add = ({ name }: MetricSpec, amount: number, labels?: MetricLabels): void => {
    const key = keyOf(name, labels);
    seen.set(key, { name, labels: labels ?? {} });
    values.set(key, (values.get(key) ?? 0) + amount);
  };
  return {
    counter: (spec) => ({ add: (amount = 1, labels) => add(spec, amount, labels) }),
    gauge: ({ name }) => ({ set: (value, labels) => void values.set(keyOf(name, labels), value) }),
    histogram: (spec) => ({ record: (_value, labels) => add(spec, 1, labels) }),
    value: (name, labels) => values.get(keyOf(name, labels)),
    labelsOf: (name) => [...seen.values()].filter((one) => one.name === name).map(({ labels }) => labels),
  };
}
