import { type CheckKind, type Clock, DeadlineError, type Timer } from '@seaworthy/contracts';
import type { Check } from './check.js';
import { scheduleExpiry } from './expiry.js';

/** `pending` until the first answer, and as bad as `fail` until then: nobody has seen it work. */
export type CheckStatus = 'pass' | 'warn' | 'fail' | 'pending';

/** What is known about one check, without asking it. */
export interface CheckSnapshot {
  readonly name: string;
  readonly kind: CheckKind;
  readonly critical: boolean;
  readonly status: CheckStatus;
  /** Wall time in milliseconds when `status` last changed. */
  readonly sinceMs: number;
  /** Wall time in milliseconds of the last answer or failure. */
  readonly checkedAtMs: number | undefined;
  /** How long the last probe took, or has been taking when it hangs. */
  readonly durationMs: number | undefined;
  /** Failures in a row up to now. */
  readonly failures: number;
  /** What the last good probe resolved to. For operators. */
  readonly observed: unknown;
  /** Why the last probe failed. For operators. */
  readonly error: unknown;
  /** Whether a call has outlived its deadline and still has not returned. */
  readonly hung: boolean;
}

export interface CheckRunner {
  snapshot(): CheckSnapshot;
  start(): void;
  /** No further call; the outstanding one's signal aborts. */
  stop(): void;
}

export interface CheckRunnerOptions {
  readonly clock: Clock;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  /** Called after the status changed. */
  readonly onChange: (now: CheckSnapshot, before: CheckStatus) => void;
}

interface Call {
  readonly startedAt: number;
  readonly controller: AbortController;
  overdue: boolean;
}

/**
 * Asks one check in the background and remembers the answer, so that a probe of the service costs no call. There is at
 * most one outstanding call: one that ignores its deadline keeps its place until it returns, and each interval that it
 * outlives counts as a failure.
 */
export function createCheckRunner(name: string, check: Check, options: CheckRunnerOptions): CheckRunner {
  const { clock, random, onChange } = options;
  let status: CheckStatus = 'pending';
  let sinceMs = clock.now();
  let checkedAtMs: number | undefined;
  let durationMs: number | undefined;
  let failures = 0;
  let observed: unknown;
  let error: unknown;
  let outstanding: Call | undefined;
  let next: Timer | undefined;
  let running = false;

  function snapshot(): CheckSnapshot {
    const { kind, critical } = check;
    const hung = outstanding?.overdue === true;
    return {
      name,
      kind,
      critical,
      status,
      sinceMs,
      checkedAtMs,
      durationMs,
      failures,
      observed,
      error,
      hung,
    };
  }

  function become(now: CheckStatus): void {
    if (now === status) return;
    const before = status;
    status = now;
    sinceMs = clock.now();
    onChange(snapshot(), before);
  }

  function measured(startedAt: number): void {
    checkedAtMs = clock.now();
    durationMs = clock.monotonic() - startedAt;
  }

  function passed(call: Call, value: unknown): void {
    measured(call.startedAt);
    failures = 0;
    error = undefined;
    observed = value;
    become(isDegraded(value) ? 'warn' : 'pass');
  }

  function failed(call: Call, reason: unknown): void {
    measured(call.startedAt);
    failures += 1;
    error = reason;
    // A check that never passed has no good past that a single failure could be an exception to.
    if (status === 'pending' || failures >= check.failAfter) become('fail');
  }

  function tick(): void {
    // A tenth either way: instances that started together must not ask together for ever.
    next = clock.schedule(tick, check.intervalMs * (0.9 + 0.2 * random()));
    if (outstanding === undefined) void ask();
    else if (outstanding.overdue) failed(outstanding, error);
  }

  async function ask(): Promise<void> {
    const call: Call = { startedAt: clock.monotonic(), controller: new AbortController(), overdue: false };
    outstanding = call;
    const expire = (): void => {
      if (!running) return;
      call.overdue = true;
      const late = new DeadlineError(`check "${name}" took longer than ${check.timeoutMs} ms.`, {
        code: 'DEADLINE_EXCEEDED',
      });
      failed(call, late);
      call.controller.abort(late);
    };
    const deadline = scheduleExpiry(clock, expire, check.timeoutMs);
    try {
      const value = await check.probe(call.controller.signal);
      if (running && !call.overdue) passed(call, value);
    } catch (reason) {
      if (running && !call.overdue) failed(call, reason);
    } finally {
      deadline.cancel();
      outstanding = undefined;
    }
  }

  return {
    snapshot,
    start() {
      if (running) return;
      running = true;
      // Not in this turn: a probe may use what its owner creates after the health object.
      next = clock.schedule(tick, 0);
    },
    stop() {
      if (!running) return;
      running = false;
      next?.cancel();
      outstanding?.controller.abort(new Error(`The check "${name}" was stopped.`));
    },
  };
}

function isDegraded(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'status' in value && value.status === 'degraded';
}
