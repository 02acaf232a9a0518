/**
 * Picks how much a test does: `test` under `npm test`, `soak` when SEAWORTHY_SIZE is `soak`.
 *
 * @example
 * const requests = size({ test: 500, soak: 10_000 });
 */
export function size<T>(choice: { readonly test: T; readonly soak: T }): T {
  return process.env.SEAWORTHY_SIZE === 'soak' ? choice.soak : choice.test;
}
