import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { amountsOf, totalsOf } from '../src/invoices/money.js';

describe('amounts', () => {
  it.each([
    ['1', 1_000, 2_000, 1_000, 200],
    ['2.5', 1_999, 0, 4_998, 0], // 4997.5 rounds up
    ['0.333', 100, 2_000, 33, 7], // 33.3 -> 33, 6.6 -> 7
    ['0', 500, 2_000, 0, 0],
    ['999999.999', 1_000_000, 0, 999_999_999_000, 0],
  ])('%s x %d at %d bp is %d and %d tax', (quantity, unitPriceMinor, taxRateBp, lineTotalMinor, taxMinor) => {
    expect(amountsOf({ quantity, unitPriceMinor, taxRateBp })).toEqual({ lineTotalMinor, taxMinor });
  });

  it('never differs from the exact product by more than half a minor unit', () => {
    const thousandths = fc.integer({ min: 0, max: 9_999_999 });
    fc.assert(
      fc.property(thousandths, fc.integer({ min: 0, max: 1_000_000 }), (milli, unitPriceMinor) => {
        const quantity = `${Math.floor(milli / 1_000)}.${String(milli % 1_000).padStart(3, '0')}`;
        const { lineTotalMinor } = amountsOf({ quantity, unitPriceMinor, taxRateBp: 0 });
        const error = BigInt(lineTotalMinor) * 1_000n - BigInt(milli) * BigInt(unitPriceMinor);
        expect(error <= 500n && error > -500n).toBe(true);
      }),
    );
  });

  it('adds up to a total that is subtotal plus tax', () => {
    const lines = [
      amountsOf({ quantity: '3', unitPriceMinor: 333, taxRateBp: 2_000 }),
      amountsOf({ quantity: '1', unitPriceMinor: 1, taxRateBp: 5_000 }),
    ];
    expect(totalsOf(lines)).toEqual({ subtotalMinor: 1_000, taxMinor: 201, totalMinor: 1_201 });
  });
});
