import { createFormats } from '@seaworthy-example/ui';
import { expect, it } from 'vitest';
import { measure } from '../src/objectives/measure.js';

const formats = createFormats('en-GB');

it.each([
  [45, '%', '45%'],
  [1250, '€', '€1,250'],
  [12, 'customers', '12 customers'],
  [3.5, '', '3.5'],
])('writes %d with the unit "%s" as %s', (value, unit, text) => {
  expect(measure(formats, value, unit)).toBe(text);
});
