/**
 * The `code` of an error (`ENOENT`, `EADDRINUSE`), or `undefined` when it has none.
 *
 * It does not ask `instanceof Error`: a test runner that gives tests a realm of their own leaves Node's errors in another.
 */
export function errorCode(error: unknown): string | undefined {
  try {
    const code: unknown =
      typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : undefined;
    return typeof code === 'string' ? code : undefined;
  } catch {
    return undefined; // a getter that throws, a revoked proxy
  }
}
