import type { MetricFamily } from './metric-family.js';

/** So many series are written before others get a turn: some 5 ms of work. */
const seriesPerTurn = 500;

/** All families in the text format 0.0.4, in turns: a large scrape must not stop the service. */
export async function renderFamilies(families: Iterable<MetricFamily>): Promise<string> {
  const chunks: string[] = [];
  let lines: string[] = [];
  let inTurn = 0;
  for (const family of families) {
    lines.push(family.heading());
    for (const series of family.all()) {
      series.write(lines, family.name);
      inTurn += 1;
      if (inTurn < seriesPerTurn) continue;
      chunks.push(lines.join('\n'));
      lines = [];
      inTurn = 0;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  chunks.push(lines.join('\n'));
  const text = chunks.filter((chunk) => chunk !== '').join('\n');
  return text === '' ? '' : `${text}\n`;
}
