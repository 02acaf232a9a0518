/**
 * The number for a `real` or `float` of 32 bits, the same on every engine: exact when it is whole, else the shortest decimal that is
 * this real (0.1, not 0.10000000149011612). Writing it again gives the same real.
 */
export function realNumber(value: number): number {
  const exact = Math.fround(value);
  if (Number.isSafeInteger(exact) || !Number.isFinite(exact)) return exact;
  for (let digits = 1; digits < 9; digits += 1) {
    const short = Number(exact.toPrecision(digits));
    if (Math.fround(short) === exact) return short;
  }
  return Number(exact.toPrecision(9)); // always enough: IEEE 754, 5.12.2
}
