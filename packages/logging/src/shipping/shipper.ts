import { type Backoff, type Clock, sleep, withDeadline } from '@seaworthy/contracts';
import type { DeadLetters } from './dead-letters.js';
import { failureOf } from './failure-of.js';
import type { ReadLimits } from './read-records.js';
import type { ShippingTarget, SpooledRecord, Verdict } from './shipping-target.js';
import type { Batch, Spool } from './spool.js';

export interface ShipperOptions {
  readonly target: ShippingTarget;
  readonly spool: Spool;
  readonly deadLetters: DeadLetters;
  readonly limits: ReadLimits;
  /** For one delivery. */
  readonly timeoutMs: number;
  /** How long lines gather before they are sent. */
  readonly lingerMs: number;
  readonly backoff: Backoff;
  readonly clock: Clock;
  /** A line for the operator, at each change of state. */
  report(level: 'info' | 'warn', message: string, fields: Readonly<Record<string, unknown>>): void;
  /** After each delivery, whatever came of it. */
  progressed(): void;
}

export interface ShipperTally {
  sent: number;
  duplicates: number;
  /** Refused for good, and with no room among the dead letters; or in flight at the end, its place in the spool given up. */
  lost: number;
  deadLetters: number;
  retries: number;
}

/** Takes records out of a spool and delivers them, one batch at a time and in order. */
export interface Shipper {
  /** There is something new to send. */
  wake(): void;
  /** Resolves when what waits now is delivered, when a delivery fails, or after `timeoutMs`; never rejects. */
  settled(timeoutMs: number): Promise<void>;
  /** What is under way is given up and stays in the spool. */
  stop(): void;
  readonly tally: Readonly<ShipperTally>;
  /** Records that were read and are not delivered yet. */
  readonly inFlight: number;
  readonly oldestMs: number | undefined;
  readonly failing: boolean;
  readonly lastError: string | undefined;
}

export function createShipper(options: ShipperOptions): Shipper {
  const { target, spool, deadLetters, limits, clock, report, progressed } = options;
  const tally: ShipperTally = { sent: 0, duplicates: 0, lost: 0, deadLetters: 0, retries: 0 };
  const stopping = new AbortController();
  let batch: Batch | undefined;
  let rest: readonly SpooledRecord[] = [];
  let attempt = 0;
  let failingSince: number | undefined;
  let lastError: string | undefined;
  let refusing = false;
  let hurry = new AbortController();
  let awaited: (() => void) | undefined;
  let woken = false;
  /** Records that have left the spool for good, whatever way. */
  let gone = 0;
  let listeners: ReadonlyArray<() => void> = [];

  const inFlight = (): number => rest.length;
  const outstanding = (): number => inFlight() + spool.waiting;

  function wake(): void {
    woken = true;
    awaited?.();
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        batch ??= spool.next(limits);
      } catch (error) {
        await failed(failureOf(error), false); // the disk may come back
        continue;
      }
      if (batch === undefined) {
        if (!woken) await new Promise<void>((resolve) => (awaited = resolve));
        awaited = undefined;
        woken = false;
        await pause(options.lingerMs, hurry.signal);
        continue;
      }
      if (rest.length === 0) rest = batch.records;
      await deliverOnce(batch);
    }
  }

  async function deliverOnce(current: Batch): Promise<void> {
    const sending = rest;
    try {
      const { timeoutMs } = options;
      const verdicts = await withDeadline((signal) => target.deliver(sending, { signal, timeoutMs }), {
        timeoutMs,
        what: `delivery to ${target.name}`,
        signal: stopping.signal,
        clock,
      });
      if (stopping.signal.aborted) return;
      rest = sorted(sending, verdicts);
      if (rest.length > 0) await failed('refused for now', verdicts.length > rest.length);
      else finished(current);
    } catch (error) {
      if (!stopping.signal.aborted) await failed(failureOf(error), false);
    }
  }

  /** Counts what is settled and gives what is to be sent again. */
  function sorted(records: readonly SpooledRecord[], verdicts: readonly Verdict[]): SpooledRecord[] {
    const again: SpooledRecord[] = [];
    const refused: Array<readonly [SpooledRecord, string]> = [];
    records.forEach((record, index) => {
      const verdict = verdicts[index] ?? 'again';
      if (verdict === 'again') again.push(record);
      else if (verdict === 'stored' || verdict === 'duplicate') tally.sent += 1;
      else refused.push([record, verdict.refused]);
      if (verdict === 'duplicate') tally.duplicates += 1;
    });
    for (const [record, reason] of refused) {
      if (deadLetters.add(record, reason)) tally.deadLetters += 1;
      else tally.lost += 1;
    }
    gone += records.length - again.length;
    if (refused.length > 0 && !refusing) {
      const [, reason] = refused[0] ?? [];
      report('warn', 'Log lines were refused and set aside', {
        target: target.name,
        count: refused.length,
        reason,
      });
    }
    refusing = refused.length > 0;
    return again;
  }

  function finished(current: Batch): void {
    batch = undefined;
    spool.done(current);
    if (failingSince !== undefined) {
      report('info', 'Log shipping works again', {
        target: target.name,
        outageMs: Math.round(clock.monotonic() - failingSince),
        retries: attempt,
        waiting: spool.waiting,
      });
    }
    attempt = 0;
    failingSince = undefined;
    lastError = undefined;
    changed();
  }

  async function failed(reason: string, partly: boolean): Promise<void> {
    attempt = partly ? 1 : attempt + 1;
    tally.retries += 1;
    lastError = reason;
    if (failingSince === undefined) {
      failingSince = clock.monotonic();
      report('warn', 'Log shipping fails, lines wait in the spool', {
        target: target.name,
        reason,
        waiting: outstanding(),
        spoolBytes: spool.bytes,
      });
    }
    changed();
    await pause(options.backoff(attempt), stopping.signal);
  }

  function changed(): void {
    progressed();
    for (const listener of listeners) listener();
  }

  /** Neither the signal's reason nor an exit matters: the timer keeps nobody alive, lines are safe where they are. */
  async function pause(delayMs: number, signal: AbortSignal): Promise<void> {
    if (delayMs > 0) await sleep(clock, delayMs, { signal, keepAlive: false }).catch(() => undefined);
  }

  void run();

  return {
    wake,
    async settled(timeoutMs) {
      const goal = gone + outstanding();
      const over = (): boolean => gone >= goal || outstanding() === 0 || failingSince !== undefined;
      if (over()) return;
      hurry.abort(); // what lingers goes now, and so does what comes while somebody waits
      await new Promise<void>((resolve) => {
        const timer = clock.schedule(() => end(), timeoutMs, { keepAlive: true });
        const check = (): void => {
          if (over() || stopping.signal.aborted) end();
        };
        const end = (): void => {
          timer.cancel();
          listeners = listeners.filter((listener) => listener !== check);
          resolve();
        };
        listeners = [...listeners, check];
      });
      hurry = new AbortController();
    },
    stop() {
      if (stopping.signal.aborted) return;
      if (batch !== undefined && spool.isGone(batch)) tally.lost += rest.length;
      stopping.abort();
      hurry.abort();
      wake();
      changed();
    },
    tally,
    get inFlight() {
      return inFlight();
    },
    get oldestMs() {
      return rest[0]?.timeMs;
    },
    get failing() {
      return failingSince !== undefined;
    },
    get lastError() {
      return lastError;
    },
  };
}
