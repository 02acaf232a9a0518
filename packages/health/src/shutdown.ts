import { writeSync } from 'node:fs';
import { type Clock, type Logger, sleep } from '@seaworthy/contracts';
import { shuttingDown } from './errors.js';
import type { OngoingWork } from './ongoing-work.js';
import { type Phase, type PhaseMs, phases } from './phase.js';
import { quietWait } from './quiet-wait.js';
import { type PhaseReport, type PhaseTask, runPhase } from './run-phase.js';
import type { ServerTracker } from './server-tracker.js';

/** How a shutdown went. */
export interface ShutdownReport {
  /** Whether everything ended by itself and in time; the exit code is 0 then, else 1. */
  readonly clean: boolean;
  /** Whether the listeners closed because nobody asked any more, and not because the announce deadline came. */
  readonly trafficStopped: boolean;
  readonly durationMs: number;
  readonly phases: readonly PhaseReport[];
}

/** What goes down. */
export interface ShutdownParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly trackers: ReadonlyMap<unknown, ServerTracker>;
  /** What `busy` began. */
  readonly work: OngoingWork;
  readonly startups: OngoingWork;
  readonly hooks: (phase: Phase, deadlineMs: number) => readonly PhaseTask[];
  /** Called at the beginning of each phase. */
  readonly enter: (phase: Phase) => void;
}

export interface ShutdownTimes {
  readonly deadlines: PhaseMs;
  /** `0` closes the listeners at once. */
  readonly quietMs: number;
  /** After the drain, how long a peer may take to close its side of a connection that we ended. @defaultValue 500 */
  readonly graceMs?: number;
}

const sweepMs = 50;

/** Goes through the phases, each within its deadline. Never rejects. */
export async function runShutdown(parts: ShutdownParts, times: ShutdownTimes): Promise<ShutdownReport> {
  const { clock, logger, trackers, hooks, enter } = parts;
  const { deadlines, quietMs, graceMs = 500 } = times;
  const startedAt = clock.monotonic();
  const reports: PhaseReport[] = [];
  let trafficStopped = true;
  for (const phase of phases) {
    enter(phase);
    const phaseStartedAt = clock.monotonic();
    // What this phase closes is what would tell about it: afterwards nobody listens.
    if (phase === 'telemetry') tellEnd(logger, reports, clock.monotonic() - startedAt);
    const tasks = hooks(phase, deadlines[phase]);
    const running = runPhase(
      phase,
      phase === 'drain' ? [...tasks, drainTask(parts, deadlines.drain)] : tasks,
      clock,
    );
    if (phase === 'announce') trafficStopped = await turnAway(parts, deadlines.announce, quietMs);
    const done = await running;
    if (phase === 'drain') await endConnections(parts, graceMs);
    const report = { ...done, durationMs: clock.monotonic() - phaseStartedAt };
    reports.push(report);
    if (phase !== 'telemetry') tell(logger, report);
    else if (!isClean(report)) writeStderr(report);
  }
  for (const tracker of trackers.values()) tracker.release();
  return {
    clean: reports.every(isClean),
    trafficStopped,
    durationMs: clock.monotonic() - startedAt,
    phases: reports,
  };
}

/** Resolves with whether the traffic stopped within `maxMs`. */
async function turnAway({ clock, trackers, startups }: ShutdownParts, maxMs: number, quietMs: number) {
  startups.abort(shuttingDown('The startup'));
  const all = [...trackers.values()];
  for (const tracker of all) tracker.discourage();
  if (all.length === 0) return true;
  return quietWait({
    quietMs,
    maxMs,
    clock,
    active: () => all.map((tracker) => tracker.active()).includes(true),
    expecting: () => all.some((tracker) => tracker.expecting(quietMs)),
  });
}

/** Closes the listeners and waits for whatever was begun: a request may begin work, and work may ask ourselves. */
function drainTask({ clock, trackers, work, startups }: ShutdownParts, timeoutMs: number): PhaseTask {
  const all = [...trackers.values()];
  const pending = (): readonly string[] => [
    ...all.flatMap((tracker) => tracker.pending()),
    ...work.pending().map((name) => `work ${name}`),
    ...startups.pending().map((name) => `startup ${name}`),
  ];
  return {
    name: 'drain',
    timeoutMs,
    pending,
    async run(signal) {
      for (const tracker of all) tracker.closeListener();
      while (!signal.aborted && pending().length > 0) {
        await Promise.all([work.settled(), startups.settled()]);
        // Whoever awaited the last of them gets a turn to begin the next.
        await sleep(clock, pending().length === 0 ? 0 : sweepMs);
        for (const tracker of all) tracker.sweep();
      }
    },
  };
}

/** Nobody is answered any more: what still runs is told so, and what is still connected is ended. */
async function endConnections({ trackers, work }: ShutdownParts, graceMs: number): Promise<void> {
  work.abort(shuttingDown('The work'));
  await Promise.all([...trackers.values()].map((tracker) => tracker.end(graceMs)));
}

function isClean({ pending, failed }: PhaseReport): boolean {
  return pending.length + failed.length === 0;
}

function tell(logger: Logger, report: PhaseReport): void {
  const { phase, durationMs, pending, failed } = report;
  const fields = { phase, durationMs: Math.round(durationMs) };
  if (isClean(report)) {
    logger.info('shutdown phase done', fields);
    return;
  }
  logger.error('shutdown phase forced', {
    ...fields,
    pending,
    failed: failed.map(({ name, error }) => ({ name, error })),
  });
}

function tellEnd(logger: Logger, reports: readonly PhaseReport[], durationMs: number): void {
  const fields = { clean: reports.every(isClean), durationMs: Math.round(durationMs) };
  logger.info('shutdown done but for telemetry', fields);
}

/** The last resort of what has no logger any more. The names are ours or the application's; causes stay out. */
function writeStderr({ pending, failed }: PhaseReport): void {
  const names = [...pending, ...failed.map(({ name }) => name)].join(', ');
  try {
    writeSync(2, `shutdown phase telemetry forced: ${names}\n`);
  } catch {
    // Nobody reads stderr either.
  }
}
