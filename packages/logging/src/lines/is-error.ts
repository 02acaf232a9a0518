import { types } from 'node:util';

/** Whether `value` is an error of this or another realm. Never throws, not even for a revoked proxy. */
export function isError(value: unknown): value is Error {
  try {
    return types.isNativeError(value) || value instanceof Error;
  } catch {
    return false;
  }
}
