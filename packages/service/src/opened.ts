import { DeadlineError, systemClock, withDeadline } from '@seaworthy/contracts';

export interface CloseOptions {
  /** All of them together take no longer; each gets its share of what is left. @defaultValue 2 s for each */
  readonly totalMs?: number;
  /** Aborts when there is no time left: what is still open is then closed side by side. */
  readonly signal?: AbortSignal;
  /** Told what did not close: its own error, or a DeadlineError. */
  readonly onFailure: (name: string, error: unknown) => void;
}

/** By name. */
export interface Unclosed {
  readonly hung: readonly string[];
  readonly failed: readonly string[];
}

/** What was opened, to be closed in the reverse of the order it was opened in. */
export interface Opened {
  add(name: string, close: () => Promise<unknown>): void;
  has(name: string): boolean;
  /**
   * Closes everything, each within its time; one that fails or hangs is told and does not keep the others open. What is
   * closed is not closed again. Resolves with what is open still, or may be.
   */
  close(options: CloseOptions): Promise<Unclosed>;
}

/** How long one may take to close where no shutdown has its own deadlines. */
export const closeMs = 2_000;

interface Entry {
  readonly name: string;
  readonly close: () => Promise<unknown>;
}

export function createOpened(): Opened {
  const stack: Entry[] = [];
  return {
    add: (name, close) => void stack.push({ name, close }),
    has: (name) => stack.some((entry) => entry.name === name),
    async close({ totalMs, signal, onFailure }) {
      const hung: string[] = [];
      const failed: string[] = [];
      const startedAt = systemClock.monotonic();

      function shareMs(): number {
        if (totalMs === undefined) return closeMs;
        const left = totalMs - (systemClock.monotonic() - startedAt);
        return Math.max(0, Math.floor(left / (stack.length + 1)));
      }

      async function closeOne({ name, close }: Entry): Promise<void> {
        try {
          await withDeadline(close, { timeoutMs: shareMs(), what: `closing ${name}` });
        } catch (error) {
          (DeadlineError.is(error) ? hung : failed).push(name);
          onFailure(name, error);
        }
      }

      const last: Promise<void>[] = [];
      const hurry = (): void => {
        for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) last.push(closeOne(entry));
      };
      if (signal?.aborted === true) hurry();
      signal?.addEventListener('abort', hurry, { once: true });
      for (let entry = stack.pop(); entry !== undefined; entry = stack.pop()) await closeOne(entry);
      signal?.removeEventListener('abort', hurry);
      await Promise.all(last);
      return { hung, failed };
    },
  };
}
