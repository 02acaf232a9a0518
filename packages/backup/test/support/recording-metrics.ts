import type { MetricLabels, Metrics } from '@seaworthy/contracts';

/** A registry that keeps the last value of every series, as `name{label="value"}`. */
export function recordingMetrics(): { readonly metrics: Metrics; readonly values: Map<string, number> } {
  const values = new Map<string, number>();
  const series = (name: string, labels: MetricLabels = {}): string => {
    const text = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
    return text.length === 0 ? name : `${name}{${text.join()}}`;
  };
  return {
    values,
    metrics: {
      counter: ({ name }) => ({
        add: (amount = 1, labels) =>
          void values.set(series(name, labels), (values.get(series(name, labels)) ?? 0) + amount),
      }),
      gauge: ({ name }) => ({ set: (value, labels) => void values.set(series(name, labels), value) }),
      histogram: ({ name }) => ({ record: (value, labels) => void values.set(series(name, labels), value) }),
    },
  };
}
