import type { MetricLabels } from '@seaworthy/contracts';
import { type MetricType, prometheusName } from './metric-name.js';
import type { ObservedSpec } from './metrics-source.js';
import type { MetricValue, Series } from './series.js';
import { labelsKey, overflowLabels, writableLabels } from './series-labels.js';

/** How many series there may be, over all metrics of a store. */
export interface SeriesBudget {
  /** Whether there is room for one more; takes it. */
  take(): boolean;
}

/** One metric with all its series. */
export class MetricFamily<S extends Series = Series> {
  readonly name: string;
  readonly help: string;
  readonly type: MetricType;
  readonly aggregate: NonNullable<ObservedSpec['aggregate']>;
  readonly #series = new Map<string, S>();
  readonly #make: (labels: MetricLabels) => S;
  readonly #budget: SeriesBudget;
  #overflow: S | undefined;

  constructor(spec: ObservedSpec, type: MetricType, make: (labels: MetricLabels) => S, budget: SeriesBudget) {
    this.name = prometheusName(spec, type);
    this.help = spec.description;
    this.type = type;
    this.aggregate = spec.aggregate ?? 'sum';
    this.#make = make;
    this.#budget = budget;
  }

  /** The series of these labels, or the one that all beyond the cap share. */
  series(labels: MetricLabels): S {
    const key = labelsKey(labels);
    const known = this.#series.get(key);
    if (known !== undefined) return known;
    const writable = writableLabels(labels);
    if (writable !== labels) return this.series(writable);
    if (!this.#budget.take()) {
      this.#overflow ??= this.#make(overflowLabels);
      return this.#overflow;
    }
    const made = this.#make({ ...labels });
    this.#series.set(key, made);
    return made;
  }

  *all(): Generator<S> {
    yield* this.#series.values();
    if (this.#overflow !== undefined) yield this.#overflow;
  }

  /** The two lines before the values. */
  heading(): string {
    const help = this.help.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
    return `# HELP ${this.name} ${help}\n# TYPE ${this.name} ${this.type}`;
  }

  values(): MetricValue[] {
    return [...this.all()].flatMap((series) => series.values(this.name));
  }
}
