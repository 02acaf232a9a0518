import { type IntervalHistogram, monitorEventLoopDelay, performance } from 'node:perf_hooks';
import {
  type Clock,
  type Degraded,
  type DurationInput,
  type HealthCheck,
  invalidOption,
  optionsOf,
  parseDuration,
  systemClock,
} from '@seaworthy/contracts';
import { HealthError } from '../errors.js';

export interface EventLoopOptions {
  /** From this 99th percentile of the lag on, the check is degraded. @defaultValue '100ms' */
  readonly warn?: DurationInput;
  /** From this 99th percentile on, for at least `sustain`, the check fails. @defaultValue '2s' */
  readonly fail?: DurationInput;
  /** A burst shorter than this only degrades: a restart would cost more than it mends. @defaultValue '30s' */
  readonly sustain?: DurationInput;
  /** @defaultValue systemClock */
  readonly clock?: Clock;
  /** Where the lag comes from. @defaultValue the histogram of `node:perf_hooks` */
  readonly lag?: LagSource;
}

/** The event loop's lag over the last two runs of the check. */
export interface EventLoopLag {
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Share of the time in which the loop was busy, from 0 to 1. */
  readonly utilization: number;
}

/** Measures from the first call on; later calls tell what happened lately. */
export type LagSource = () => EventLoopLag;

const readOptions = optionsOf<EventLoopOptions>('eventLoop', {
  warn: true,
  fail: true,
  sustain: true,
  clock: true,
  lag: true,
});

/**
 * Checks that the event loop turns: the 99th percentile of its lag over the last two runs of the check.
 *
 * Safe in `live`, because it fails only when the lag has lasted. A loop that stands still altogether cannot report that;
 * the prober's own timeout sees it.
 *
 * @throws OptionsError for an unknown option, a value that cannot work, or a warning above the failure.
 *
 * @example
 * createHealth({ checks: { loop: local(eventLoop({ fail: '1s' })) }, live: ['loop'] });
 */
export function eventLoop(options: EventLoopOptions = {}): HealthCheck<'local'> {
  const {
    warn = '100ms',
    fail = '2s',
    sustain = '30s',
    clock = systemClock,
    lag = histogramLag(),
  } = readOptions(options);
  const warnMs = parseDuration(warn);
  const failMs = parseDuration(fail);
  const sustainMs = parseDuration(sustain);
  if (warnMs > failMs) throw invalidOption('eventLoop', 'warn', 'not above `fail`');
  let stuckSince: number | undefined;
  return {
    kind: 'local',
    async probe(): Promise<EventLoopLag | (EventLoopLag & Degraded)> {
      const measured = lag();
      const lagText = `The event loop lags ${measured.p99Ms.toFixed(0)} ms at its 99th percentile`;
      if (measured.p99Ms < failMs) {
        stuckSince = undefined;
        if (measured.p99Ms < warnMs) return measured;
        return { ...measured, status: 'degraded', reason: `${lagText}.` };
      }
      stuckSince ??= clock.monotonic();
      if (clock.monotonic() - stuckSince < sustainMs) {
        return { ...measured, status: 'degraded', reason: `${lagText}, not yet for long.` };
      }
      throw new HealthError(`${lagText}. Find what blocks it: node --cpu-prof shows where the time goes.`, {
        code: 'HEALTH_LIMIT_REACHED',
      });
    },
  };
}

/** How often the histogram looks at the clock; a lag is what comes on top of it. */
const resolutionMs = 20;

/**
 * Two histograms that are read and reset in turn, each after two runs of the check. A reset forgets the delay that is going
 * on at that moment; the other one, which is not reset then, has it.
 */
function histogramLag(): LagSource {
  let older: IntervalHistogram | undefined;
  let newer: IntervalHistogram | undefined;
  let before = performance.eventLoopUtilization();
  return () => {
    older ??= startHistogram();
    newer ??= startHistogram();
    const p99Ms = lagOf(older.percentile(99));
    const maxMs = lagOf(older.max);
    const { utilization } = performance.eventLoopUtilization(before);
    older.reset();
    [older, newer] = [newer, older];
    before = performance.eventLoopUtilization();
    return { p99Ms, maxMs, utilization };
  };
}

function startHistogram(): IntervalHistogram {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  return histogram;
}

function lagOf(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - resolutionMs);
}
