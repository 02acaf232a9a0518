import type { Server } from 'node:net';
import {
  type Clock,
  type DurationInput,
  type Logger,
  optionsOf,
  parseDuration,
  type Unregister,
} from '@seaworthy/contracts';
import { HealthError } from './errors.js';
import { createOngoingWork } from './ongoing-work.js';
import { type LifecyclePhase, type Phase, type PhaseMs, phases } from './phase.js';
import { quietWait } from './quiet-wait.js';
import { type PhaseReport, type PhaseTask, runPhase } from './run-phase.js';
import { type AnyRequest, type ServerTracker, trackServer } from './server-tracker.js';
import { createStartupGate, type StartupGate } from './startup-gate.js';

/** How a shutdown went. */
export interface ShutdownReport {
  /** Whether everything ended by itself and in time; the exit code is 0 then, else 1. */
  readonly clean: boolean;
  /** Whether the listeners closed because nobody asked any more, and not because the announce deadline came. */
  readonly trafficStopped: boolean;
  readonly durationMs: number;
  readonly phases: readonly PhaseReport[];
}

export interface ShutdownRequest {
  readonly deadlines: PhaseMs;
  /** `0` closes the listeners at once. */
  readonly quietMs: number;
  /** Whether the process ends after it: what comes after a startup must not run then. */
  readonly final: boolean;
}

/** Ends what it began. The signal aborts when its time is up. */
export type StopHook = (signal: AbortSignal) => unknown;

export interface StopOptions {
  /** Never more than the phase's own deadline. @defaultValue that deadline */
  readonly timeout?: DurationInput;
}

export interface Lifecycle {
  readonly phase: LifecyclePhase;
  readonly gate: Pick<StartupGate, 'open' | 'snapshot'>;
  startup<T>(name: string, work: (signal: AbortSignal) => PromiseLike<T> | T, timeoutMs: number): Promise<T>;
  busy<T>(name: string, work: (signal: AbortSignal) => PromiseLike<T> | T): Promise<T>;
  stop(phase: Phase, name: string, hook: StopHook, options?: StopOptions): Unregister;
  serve(server: Server): void;
  shutdown(request: ShutdownRequest): Promise<ShutdownReport>;
}

export interface LifecycleOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly isProbe: (request: AnyRequest) => boolean;
  readonly redactText: (text: string) => string;
  /** Called between the drain and the workers: nobody is answered any more, so nothing needs checking. */
  readonly onDrained: () => void;
}

/** After the drain's deadline, how long a peer may take to close its side of a connection that we ended. */
const socketGraceMs = 500;
const sweepMs = 50;

const readStopOptions = optionsOf<StopOptions>('health.stop', { timeout: true });

interface Hook {
  readonly phase: Phase;
  readonly name: string;
  readonly run: StopHook;
  readonly timeoutMs: number;
}

/** The order in which a service comes up and goes down. */
export function createLifecycle(options: LifecycleOptions): Lifecycle {
  const { clock, logger, isProbe, redactText, onDrained } = options;
  const trackers = new Map<Server, ServerTracker>();
  const hooks = new Set<Hook>();
  const startups = createOngoingWork();
  const work = createOngoingWork();
  const gate = createStartupGate(clock);
  let phase: LifecyclePhase = 'running';
  let final = false;
  let report: Promise<ShutdownReport> | undefined;

  function hookTasks(of: Phase, deadlineMs: number): PhaseTask[] {
    return [...hooks]
      .filter((hook) => hook.phase === of)
      .map((hook) => ({
        name: `hook ${hook.name}`,
        timeoutMs: Math.min(hook.timeoutMs, deadlineMs),
        run: hook.run,
      }));
  }

  async function announce(deadlineMs: number, quietMs: number): Promise<[PhaseReport, boolean]> {
    const startedAt = clock.monotonic();
    startups.abort(shuttingDown('The startup'));
    for (const tracker of trackers.values()) tracker.discourage();
    let quiet = true;
    const traffic = async (): Promise<void> => {
      if (trackers.size === 0) return;
      const all = [...trackers.values()];
      quiet = await quietWait({
        quietMs,
        maxMs: deadlineMs,
        clock,
        active: () => all.map((tracker) => tracker.active()).includes(true),
        expecting: () => all.some((tracker) => tracker.expecting(quietMs)),
      });
    };
    const [done] = await Promise.all([
      runPhase('announce', hookTasks('announce', deadlineMs), clock),
      traffic(),
    ]);
    return [{ ...done, durationMs: clock.monotonic() - startedAt }, quiet];
  }

  async function drain(deadlineMs: number): Promise<PhaseReport> {
    for (const tracker of trackers.values()) tracker.closeListener();
    const requests: PhaseTask[] = [...trackers.values()].map((tracker) => ({
      name: 'requests',
      timeoutMs: deadlineMs,
      pending: () => tracker.pending(),
      run: (signal) => answered(tracker, signal),
    }));
    const ongoing: PhaseTask[] = [
      { name: 'work', from: work },
      { name: 'startup', from: startups },
    ].map(({ name, from }) => ({
      name,
      timeoutMs: deadlineMs,
      pending: () => from.pending().map((item) => `${name} ${item}`),
      run: () => from.settled(),
    }));
    const done = await runPhase('drain', [...hookTasks('drain', deadlineMs), ...requests, ...ongoing], clock);
    work.abort(shuttingDown('The work'));
    await Promise.all([...trackers.values()].map((tracker) => tracker.end(socketGraceMs)));
    return done;
  }

  async function answered(tracker: ServerTracker, signal: AbortSignal): Promise<void> {
    while (!signal.aborted && tracker.pending().length > 0) {
      await new Promise<void>((resolve) => clock.schedule(() => resolve(), sweepMs, { keepAlive: true }));
      tracker.sweep();
    }
  }

  async function run({ deadlines, quietMs }: ShutdownRequest): Promise<ShutdownReport> {
    const startedAt = clock.monotonic();
    const reports: PhaseReport[] = [];
    let trafficStopped = true;
    for (const at of phases) {
      phase = at;
      let done: PhaseReport;
      if (at === 'announce') [done, trafficStopped] = await announce(deadlines.announce, quietMs);
      else if (at === 'drain') done = await drain(deadlines.drain);
      else done = await runPhase(at, hookTasks(at, deadlines[at]), clock);
      if (at === 'drain') onDrained();
      reports.push(done);
      tell(logger, done);
    }
    phase = 'stopped';
    for (const tracker of trackers.values()) tracker.release();
    return {
      clean: reports.every((each) => each.pending.length + each.failed.length === 0),
      trafficStopped,
      durationMs: clock.monotonic() - startedAt,
      phases: reports,
    };
  }

  return {
    get phase() {
      return phase;
    },
    gate,
    async startup(name, begin, timeoutMs) {
      if (phase !== 'running' && !final) throw shuttingDown(`The startup "${name}"`);
      try {
        if (phase !== 'running') return await never();
        const value = await gate.run(name, (signal) => startups.run(name, begin, signal), timeoutMs);
        if (!final) return value;
      } catch (error) {
        if (!final) throw error;
      }
      return never();
    },
    async busy(name, begin) {
      if (phase !== 'running' && phase !== 'announce' && phase !== 'drain') {
        throw shuttingDown(`The work "${name}"`);
      }
      return work.run(name, begin);
    },
    stop(of, name, hook, stopOptions = {}) {
      if (!phases.includes(of)) {
        throw new HealthError(`health.stop: unknown phase. Phases are ${phases.join(', ')}.`, {
          code: 'HEALTH_UNKNOWN_PHASE',
        });
      }
      const { timeout } = readStopOptions(stopOptions);
      const timeoutMs = timeout === undefined ? Number.POSITIVE_INFINITY : parseDuration(timeout);
      const added: Hook = { phase: of, name, run: hook, timeoutMs };
      hooks.add(added);
      return () => {
        hooks.delete(added);
      };
    },
    serve(server) {
      if (trackers.has(server)) return;
      const tracker = trackServer(server, { clock, isProbe, redactText });
      trackers.set(server, tracker);
      if (phase === 'running') return;
      tracker.discourage();
      if (phase !== 'announce') tracker.closeListener(); // too late to be drained with the others
    },
    shutdown(request) {
      final = final || request.final;
      report ??= run(request);
      return report;
    },
  };
}

function tell(logger: Logger, { phase, durationMs, pending, failed }: PhaseReport): void {
  const fields = { phase, durationMs: Math.round(durationMs) };
  if (pending.length + failed.length === 0) {
    logger.info('shutdown phase done', fields);
    return;
  }
  logger.error('shutdown phase forced', {
    ...fields,
    pending,
    failed: failed.map(({ name, error }) => ({ name, error })),
  });
}

/** The process is about to exit, and the code that awaits this must not run any more. */
function never(): Promise<never> {
  return new Promise(() => undefined);
}

function shuttingDown(what: string): HealthError {
  return new HealthError(`${what} was refused or stopped, because the service is shutting down.`, {
    code: 'HEALTH_SHUTTING_DOWN',
  });
}
