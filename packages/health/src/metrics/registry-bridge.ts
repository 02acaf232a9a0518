import type { MetricFamily } from './metric-family.js';

/** The part of a registry of `prom-client` 15 or `@prometheus-io/client` that is needed. */
export interface RegistryLike {
  readonly contentType: string;
  metrics(): Promise<string>;
  registerMetric(metric: never): unknown;
  removeSingleMetric(name: string): unknown;
  getMetricsAsArray(): readonly { readonly name: string }[];
  getSingleMetricAsString(name: string): Promise<string>;
}

/**
 * Makes a family look like a metric of the registry's own: `registry.metrics()`, its JSON and the aggregation over a cluster
 * read it like any other.
 */
export function register(registry: RegistryLike, family: MetricFamily, collect: () => void): void {
  const { name, help, type, aggregate: aggregator } = family;
  const metric = {
    name,
    help,
    type,
    aggregator,
    labelNames: [],
    reset: () => undefined,
    async get() {
      collect();
      // A registry in OpenMetrics format takes `_total` off the name of a counter, and adds it to each line.
      return { name: metric.name, help, type, aggregator, values: family.values() };
    },
  };
  registry.registerMetric(metric as never);
}

const textFormat = 'text/plain; version=0.0.4';

/** Reads a registry of the application's own, whose collectors may hang: there is at most one outstanding call of each. */
export interface RegistryReader {
  /** Everything at once, in the registry's own format. */
  all(): Promise<string>;
  /**
   * What it has beside ours, as text; `undefined` when it wants something of every line that only it can give: default
   * labels, or another format. A metric whose collector fails, or whose earlier call has not returned, is left out, and a
   * comment says so.
   */
  others(ours: ReadonlySet<string>, failures: unknown[]): Promise<string | undefined>;
}

export function readRegistry(registry: RegistryLike): RegistryReader {
  const outstanding = new Set<string>();
  let whole: Promise<string> | undefined;

  async function textOf(name: string, failures: unknown[]): Promise<string> {
    if (outstanding.has(name)) return `# ${name} is left out: its collector has not returned yet.`;
    outstanding.add(name);
    try {
      return await registry.getSingleMetricAsString(name);
    } catch (error) {
      failures.push(error);
      return `# ${name} is left out: its collector failed.`;
    } finally {
      outstanding.delete(name);
    }
  }

  return {
    all() {
      whole ??= Promise.resolve(registry)
        .then((given) => given.metrics())
        .finally(() => {
          whole = undefined;
        });
      return whole;
    },
    async others(ours, failures) {
      const defaults: unknown = Reflect.get(registry, '_defaultLabels');
      const hasDefaults =
        typeof defaults === 'object' && defaults !== null && Object.keys(defaults).length > 0;
      if (hasDefaults || !registry.contentType.startsWith(textFormat)) return undefined;
      const names = registry.getMetricsAsArray().map(({ name }) => name);
      const texts = await Promise.all(
        names.filter((name) => !ours.has(name)).map((name) => textOf(name, failures)),
      );
      return texts.length === 0 ? '' : `${texts.join('\n')}\n`;
    },
  };
}
