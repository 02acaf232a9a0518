import type { MetricLabels } from '@seaworthy/contracts';
import type { MetricValue, Series } from './series.js';
import { labelsText, prometheusLabels } from './series-labels.js';

/** One line of a counter or a gauge. */
export class NumberSeries implements Series {
  value = 0;
  readonly labels: MetricLabels;
  #prefix: string | undefined;

  constructor(labels: MetricLabels) {
    this.labels = labels;
  }

  write(lines: string[], name: string): void {
    this.#prefix ??= prefixOf(name, this.labels);
    lines.push(this.#prefix + numberText(this.value));
  }

  values(): MetricValue[] {
    return [{ labels: prometheusLabels(this.labels), value: this.value }];
  }
}

function prefixOf(name: string, labels: MetricLabels): string {
  const text = labelsText(labels);
  return text === '' ? `${name} ` : `${name}{${text}} `;
}

/** As the text format writes a number. */
export function numberText(value: number): string {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
}
