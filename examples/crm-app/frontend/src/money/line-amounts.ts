export interface LineAmounts {
  readonly lineTotalMinor: number;
  readonly taxMinor: number;
}

/**
 * Computes one line exactly as the server does: quantity x unit price, rounded half up, and the tax of that total,
 * rounded half up. BigInt, because 1234.567 x 9,999,999.99 leaves the integers that a double holds.
 *
 * @param quantityThousandths the quantity in thousandths: 1.5 is 1500
 * @param taxRateBp basis points: 2000 is 20 %
 */
export function lineAmounts(
  quantityThousandths: number,
  unitPriceMinor: number,
  taxRateBp: number,
): LineAmounts {
  const lineTotal = divideHalfUp(BigInt(quantityThousandths) * BigInt(unitPriceMinor), 1_000n);
  const tax = divideHalfUp(lineTotal * BigInt(taxRateBp), 10_000n);
  return { lineTotalMinor: Number(lineTotal), taxMinor: Number(tax) };
}

/** For what is not negative, which is all that an invoice line may hold. */
function divideHalfUp(value: bigint, by: bigint): bigint {
  return (value + by / 2n) / by;
}
