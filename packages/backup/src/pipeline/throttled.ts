import type { Clock } from '@seaworthy/contracts';

/** Somebody reads it, or a log keeps it: more often than once a second helps neither. */
const intervalMs = 1_000;

/** Passes on the first, then one a second, and at the end the last. What the listener throws is ignored: it only watches. */
export function throttled<T>(
  listener: (value: T) => void,
  clock: Clock,
): { readonly tell: (value: T) => void; readonly finish: () => void } {
  let nextAt = Number.NEGATIVE_INFINITY;
  let held: T | undefined;
  const pass = (value: T): void => {
    try {
      listener(value);
    } catch {
      // A display that breaks must not cost the backup.
    }
  };
  return {
    tell(value) {
      if (clock.monotonic() < nextAt) {
        held = value;
        return;
      }
      nextAt = clock.monotonic() + intervalMs;
      held = undefined;
      pass(value);
    },
    finish() {
      if (held !== undefined) pass(held);
    },
  };
}
