import type { Metrics } from '@seaworthy/contracts';

/** A registry that keeps the last value of each gauge and the sum of each counter. */
export function metricsSpy(): { readonly metrics: Metrics; readonly values: ReadonlyMap<string, number> } {
  const values = new Map<string, number>();
  const metrics: Metrics = {
    counter: ({ name }) => ({ add: (amount = 1) => void values.set(name, (values.get(name) ?? 0) + amount) }),
    gauge: ({ name }) => ({ set: (value) => void values.set(name, value) }),
    histogram: () => ({ record: () => undefined }),
  };
  return { metrics, values };
}
