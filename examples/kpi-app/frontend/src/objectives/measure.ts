import type { Formats } from '@seaworthy-example/ui';

/** Writes a value with its unit: `45%`, `€120`, `12 customers`. */
export function measure(formats: Formats, value: number, unit: string): string {
  const figure = formats.number(value);
  if (unit === '%') return `${figure}%`;
  if (/^\p{Sc}$/u.test(unit)) return unit + figure;
  return unit === '' ? figure : `${figure} ${unit}`;
}
