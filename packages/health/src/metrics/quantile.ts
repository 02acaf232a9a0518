/**
 * The value below which the share `q` of all measurements lies, estimated as Prometheus' `histogram_quantile` does: evenly
 * spread within its bucket, and the last bound for what lies above it.
 *
 * @param counts - How many fell into each bucket alone, one more than there are bounds.
 * @returns NaN when nothing was measured.
 */
export function quantile(q: number, bounds: readonly number[], counts: ArrayLike<number>): number {
  let total = 0;
  for (let at = 0; at < counts.length; at += 1) total += counts[at] ?? 0;
  if (total === 0) return Number.NaN;
  const rank = q * total;
  let below = 0;
  for (const [at, bound] of bounds.entries()) {
    const inside = counts[at] ?? 0;
    if (below + inside >= rank && inside > 0) {
      const lower = at === 0 ? 0 : (bounds[at - 1] ?? 0);
      return Math.min(bound, lower + ((bound - lower) * (rank - below)) / inside);
    }
    below += inside;
  }
  return bounds.at(-1) ?? Number.NaN;
}
