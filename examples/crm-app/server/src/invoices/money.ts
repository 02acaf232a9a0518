/** What is needed of a line to price it. */
export interface PricedLine {
  /** A decimal with up to 3 places, not negative: `1.5`. */
  readonly quantity: string;
  readonly unitPriceMinor: number;
  /** Basis points: 2000 is 20 %. */
  readonly taxRateBp: number;
}

export interface LineAmounts {
  readonly lineTotalMinor: number;
  readonly taxMinor: number;
}

/**
 * Quantity times price, and the tax on that, each rounded half up to a whole minor unit. It counts in bigint, because a
 * product of three ordinary numbers leaves what a double holds exactly.
 */
export function amountsOf({ quantity, unitPriceMinor, taxRateBp }: PricedLine): LineAmounts {
  const lineTotal = dividedHalfUp(thousandths(quantity) * BigInt(unitPriceMinor), 1_000n);
  const tax = dividedHalfUp(lineTotal * BigInt(taxRateBp), 10_000n);
  return { lineTotalMinor: Number(lineTotal), taxMinor: Number(tax) };
}

/** The sums that an invoice stores. */
export function totalsOf(lines: readonly LineAmounts[]) {
  const subtotalMinor = lines.reduce((sum, { lineTotalMinor }) => sum + lineTotalMinor, 0);
  const taxMinor = lines.reduce((sum, line) => sum + line.taxMinor, 0);
  return { subtotalMinor, taxMinor, totalMinor: subtotalMinor + taxMinor };
}

function thousandths(quantity: string): bigint {
  const [whole = '0', fraction = ''] = quantity.split('.');
  return BigInt(whole) * 1_000n + BigInt(fraction.padEnd(3, '0'));
}

function dividedHalfUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor / 2n) / divisor;
}
