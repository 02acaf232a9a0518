/**
 * Reads what somebody typed as an integer count of the smallest place: `1,5` with 3 places is 1500.
 *
 * A point or a comma separates the places; signs, spaces between digits and exponents are refused, because a guess at
 * somebody's money is worse than a question.
 *
 * @returns `undefined` for what is not a decimal, has more than `places` places or is too large to be exact.
 */
export function parseDecimal(text: string, places: number): number | undefined {
  const match = /^(\d{1,15})(?:[.,](\d+))?$/.exec(text.trim());
  const whole = match?.[1];
  const fraction = match?.[2] ?? '';
  if (whole === undefined || fraction.length > places) return undefined;
  const scaled = Number(whole + fraction.padEnd(places, '0'));
  return Number.isSafeInteger(scaled) ? scaled : undefined;
}
