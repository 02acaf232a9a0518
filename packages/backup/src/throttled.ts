import type { Clock } from '@seaworthy/contracts';

/** Somebody reads it, or a log keeps it: more often than once a second helps neither. */
const intervalMs = 1_000;

/** Passes on the first, then one a second, and at the end the last. */
export function throttled<T>(
  listener: (value: T) => void,
  clock: Clock,
): { readonly tell: (value: T) => void; readonly finish: () => void } {
  let nextAt = Number.NEGATIVE_INFINITY;
  let held: T | undefined;
  return {
    tell(value) {
      if (clock.monotonic() < nextAt) {
        held = value;
        return;
      }
      nextAt = clock.monotonic() + intervalMs;
      held = undefined;
      listener(value);
    },
    finish() {
      if (held !== undefined) listener(held);
    },
  };
}
