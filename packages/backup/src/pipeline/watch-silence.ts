import type { Clock, Timer } from '@seaworthy/contracts';

/** Ends what gives no sign for too long. */
export interface SilenceWatch {
  /** Aborts when it was silent for too long. */
  readonly signal: AbortSignal;
  /** From now on a sign has to come every `limitMs`; otherwise the signal aborts with what `reason` makes. */
  expect(limitMs: number, reason: () => Error): void;
  /** There was one. */
  sign(): void;
  stop(): void;
}

export function watchSilence(clock: Clock): SilenceWatch {
  const silent = new AbortController();
  let signAt = clock.monotonic();
  let timer: Timer | undefined;
  return {
    signal: silent.signal,
    expect(limitMs, reason) {
      const look = (): void => {
        const idleMs = clock.monotonic() - signAt;
        if (idleMs >= limitMs) silent.abort(reason());
        else timer = clock.schedule(look, limitMs - idleMs);
      };
      timer?.cancel();
      signAt = clock.monotonic();
      timer = clock.schedule(look, limitMs);
    },
    sign() {
      signAt = clock.monotonic();
    },
    stop: () => timer?.cancel(),
  };
}
