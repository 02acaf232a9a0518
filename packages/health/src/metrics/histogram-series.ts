import type { MetricLabels } from '@seaworthy/contracts';
import { numberText } from './number-series.js';
import type { MetricValue, Series } from './series.js';
import { labelsText, prometheusLabels } from './series-labels.js';

/** The buckets of one set of labels. What is before each number in the text never changes, so it is made once. */
export class HistogramSeries implements Series {
  readonly labels: MetricLabels;
  sum = 0;
  count = 0;
  readonly #bounds: readonly number[];
  /** How many fell into each bucket alone; the last one has no upper bound. */
  readonly #counts: Float64Array;
  #prefixes: readonly string[] | undefined;

  constructor(labels: MetricLabels, bounds: readonly number[]) {
    this.labels = labels;
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  record(value: number): void {
    const bounds = this.#bounds;
    let at = 0;
    // Most of what is measured is fast, and there are few bounds: a search from below is the shortest way. NaN ends up last.
    while (at < bounds.length && !(value <= (bounds[at] ?? 0))) at += 1;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.sum += value;
    this.count += 1;
  }

  /** Adds this one's counts to `into`, which has one place more than there are bounds. */
  addTo(into: Float64Array): void {
    for (let at = 0; at < into.length; at += 1) into[at] = (into[at] ?? 0) + (this.#counts[at] ?? 0);
  }

  write(lines: string[], name: string): void {
    this.#prefixes ??= this.#makePrefixes(name);
    const prefixes = this.#prefixes;
    const buckets = this.#counts.length;
    let cumulative = 0;
    for (let at = 0; at < buckets; at += 1) {
      cumulative += this.#counts[at] ?? 0;
      lines.push(`${prefixes[at]}${cumulative}`);
    }
    lines.push(`${prefixes[buckets]}${numberText(this.sum)}`, `${prefixes[buckets + 1]}${this.count}`);
  }

  values(name: string): MetricValue[] {
    const labels = prometheusLabels(this.labels);
    const values: MetricValue[] = [];
    let cumulative = 0;
    for (const [at, count] of this.#counts.entries()) {
      cumulative += count;
      const le = this.#bounds[at] ?? '+Inf';
      values.push({ labels: { le, ...labels }, value: cumulative, metricName: `${name}_bucket` });
    }
    values.push({ labels, value: this.sum, metricName: `${name}_sum` });
    values.push({ labels, value: this.count, metricName: `${name}_count` });
    return values;
  }

  #makePrefixes(name: string): readonly string[] {
    const text = labelsText(this.labels);
    const comma = text === '' ? '' : ',';
    const own = text === '' ? '' : `{${text}}`;
    return [
      ...[...this.#bounds.map(numberText), '+Inf'].map((le) => `${name}_bucket{${text}${comma}le="${le}"} `),
      `${name}_sum${own} `,
      `${name}_count${own} `,
    ];
  }
}
