import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lineAmounts } from '../src/money/line-amounts.js';

it.each([
  { quantity: 1_500, price: 1_001, tax: 2_000, lineTotalMinor: 1_502, taxMinor: 300 },
  { quantity: 333, price: 100, tax: 1_000, lineTotalMinor: 33, taxMinor: 3 },
  { quantity: 1_005, price: 100, tax: 0, lineTotalMinor: 101, taxMinor: 0 },
  { quantity: 1_000, price: 5, tax: 1_000, lineTotalMinor: 5, taxMinor: 1 },
  { quantity: 1_000, price: 4, tax: 1_000, lineTotalMinor: 4, taxMinor: 0 },
])(
  'computes $quantity thousandths at $price with $tax basis points',
  ({ quantity, price, tax, ...amounts }) => {
    expect(lineAmounts(quantity, price, tax)).toEqual(amounts);
  },
);

it('rounds to the nearest unit, and a half upwards, for every quantity, price and rate', () => {
  const figures = [fc.nat(10_000_000), fc.nat(100_000_000), fc.nat(10_000)] as const;
  fc.assert(
    fc.property(...figures, (quantity, price, rate) => {
      const { lineTotalMinor, taxMinor } = lineAmounts(quantity, price, rate);
      const lineError = BigInt(lineTotalMinor) * 1_000n - BigInt(quantity) * BigInt(price);
      const taxError = BigInt(taxMinor) * 10_000n - BigInt(lineTotalMinor) * BigInt(rate);
      return lineError > -500n && lineError <= 500n && taxError > -5_000n && taxError <= 5_000n;
    }),
  );
});

it('stays exact where a double would not', () => {
  // 9007199.254 x 99,999.99 is 900,719,835,328.00745, that is 90071983532800.745 minor units.
  expect(lineAmounts(9_007_199_254, 9_999_999, 0).lineTotalMinor).toBe(90_071_983_532_801);
});
