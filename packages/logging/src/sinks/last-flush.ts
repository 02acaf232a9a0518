import { writeSync } from 'node:fs';
import type { Clock } from '@seaworthy/contracts';
import type { Dispatch } from '../winston/dispatch.js';
import type { Sink } from './sink.js';

export interface LastFlushOptions {
  readonly sinks: readonly Sink[];
  readonly dispatch: Dispatch;
  readonly clock: Clock;
  /** The line that says on stderr what is lost. */
  leftNotice(sink: string, lines: number): string;
}

/** Hands everything over in a process that may be over before the next turn of its event loop. */
export interface LastFlush {
  atExit(): void;
  /** Does not wait: an exit comes after it, which does. */
  atCrash(): void;
}

/** How long an exit may wait, in all, for a reader of stdout that does not read. */
const exitWaitMs = 1_000;

/** From a crash on, whatever else is done meanwhile, so that the process has exited within 2 s. */
const crashWaitMs = 1_800;

const stderrFd = 2;

export function lastFlush({ sinks, dispatch, clock, leftNotice }: LastFlushOptions): LastFlush {
  const told = new Map<Sink, number>();
  let crashed = false;
  let giveUpAt: number | undefined;

  function flush(): void {
    const timeoutMs = giveUpAt === undefined ? 0 : Math.max(0, giveUpAt - clock.monotonic());
    for (const sink of sinks) attempt(() => sink.flushSync(timeoutMs));
  }

  function flushNow(): void {
    for (const sink of sinks) attempt(() => sink.flushSync(0));
  }

  /** Until a turn does come, each line is handed over before its call returns: listeners for `exit` log too. */
  function untilNextTurn(work: () => void): void {
    dispatch.afterEachLine(work);
    setImmediate(() => {
      dispatch.afterEachLine(undefined);
      if (!crashed) giveUpAt = undefined;
    }).unref();
  }

  function tellLeft(): void {
    for (const sink of sinks) {
      const lines = sink.unsaved?.() ?? 0;
      if (lines > (told.get(sink) ?? 0)) writeSync(stderrFd, leftNotice(sink.stats().name, lines));
      told.set(sink, lines);
    }
  }

  return {
    atExit() {
      giveUpAt ??= clock.monotonic() + exitWaitMs;
      flush();
      attempt(tellLeft);
      untilNextTurn(flush);
    },
    atCrash() {
      crashed = true;
      giveUpAt ??= clock.monotonic() + crashWaitMs;
      flushNow();
      untilNextTurn(flushNow);
    },
  };
}

/** What fails must not cost the other sinks their lines. */
function attempt(work: () => void): void {
  try {
    work();
  } catch {
    // There is nobody left to tell.
  }
}
