import { expect, it } from 'vitest';
import { parseDecimal } from '../src/money/parse-decimal.js';

it.each([
  ['12', 2, 1200],
  ['12.5', 2, 1250],
  ['12,50', 2, 1250],
  [' 0.05 ', 2, 5],
  ['1234', 0, 1234],
  ['1.234', 3, 1234],
])('reads "%s" with %i places as %i', (text, places, value) => {
  expect(parseDecimal(text, places)).toBe(value);
});

it.each([
  ['', 2],
  ['abc', 2],
  ['-1', 2],
  ['1e3', 2],
  ['1.234', 2],
  ['1,234.50', 2],
  ['1 000', 2],
  ['.5', 2],
  ['5.', 2],
  ['99999999999999.99', 3],
])('refuses "%s" with %i places', (text, places) => {
  expect(parseDecimal(text, places)).toBeUndefined();
});
