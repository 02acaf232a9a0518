import type { Server } from 'node:net';
import {
  type Clock,
  type DurationInput,
  type Logger,
  optionsOf,
  parseDuration,
  type Unregister,
} from '@seaworthy/contracts';
import type { AnyRequest } from './any-request.js';
import { HealthError, shuttingDown } from './errors.js';
import { createOngoingWork } from './ongoing-work.js';
import { type LifecyclePhase, type Phase, phases } from './phase.js';
import type { PhaseTask } from './run-phase.js';
import { type ServerTracker, trackServer } from './server-tracker.js';
import { runShutdown, type ShutdownReport, type ShutdownTimes } from './shutdown.js';
import { createStartupGate, type StartupGate } from './startup-gate.js';

/** What a hook is told about its time. */
export interface StopContext {
  /** How long it may take, in milliseconds: its own timeout or the rest of its phase, whichever is shorter. */
  readonly timeoutMs: number;
}

/** Ends what it began. The signal aborts when its time is up. */
export type StopHook = (signal: AbortSignal, context: StopContext) => unknown;

export interface StopOptions {
  /** Never more than the phase's own deadline. @defaultValue that deadline */
  readonly timeout?: DurationInput;
}

export interface ShutdownRequest extends ShutdownTimes {
  /** Whether the process ends after it: what comes after a startup must not run then. */
  readonly final: boolean;
}

export interface Lifecycle {
  readonly phase: LifecyclePhase;
  readonly gate: Pick<StartupGate, 'open' | 'snapshot'>;
  startup<T>(name: string, work: (signal: AbortSignal) => PromiseLike<T> | T, timeoutMs: number): Promise<T>;
  busy<T>(name: string, work: (signal: AbortSignal) => PromiseLike<T> | T): Promise<T>;
  stop(phase: Phase, name: string, hook: StopHook, options?: StopOptions): Unregister;
  serve(server: Server): void;
  shutdown(request: ShutdownRequest): Promise<ShutdownReport>;
  /** Resolves when nobody is answered any more; pending until then. */
  drained(): Promise<void>;
}

export interface LifecycleOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly isProbe: (request: AnyRequest) => boolean;
  readonly redactText: (text: string) => string;
  /** Called when a shutdown begins, before anything else. */
  readonly onShutdown: () => void;
  /** Called once, when a tracked server listens and every startup is done. */
  readonly onServing: () => void;
  /** Called between the drain and the workers: nobody is answered any more, so nothing needs checking. */
  readonly onDrained: () => void;
}

const readStopOptions = optionsOf<StopOptions>('health.stop', { timeout: true });

interface Hook {
  readonly phase: Phase;
  readonly name: string;
  readonly run: StopHook;
  readonly timeoutMs: number;
}

const order: readonly LifecyclePhase[] = ['running', ...phases, 'stopped'];

/** The order in which a service comes up and goes down. */
export function createLifecycle(options: LifecycleOptions): Lifecycle {
  const { clock, logger, isProbe, redactText, onShutdown, onServing, onDrained } = options;
  const trackers = new Map<Server, ServerTracker>();
  const hooks = new Set<Hook>();
  const startups = createOngoingWork();
  const work = createOngoingWork();
  const gate = createStartupGate(clock);
  let phase: LifecyclePhase = 'running';
  let final = false;
  let report: Promise<ShutdownReport> | undefined;
  let listening = false;
  let served = false;
  let markDrained: () => void = () => undefined;
  const drained = new Promise<void>((resolve) => {
    markDrained = resolve;
  });

  function hookTasks(of: Phase, deadlineMs: number): PhaseTask[] {
    return [...hooks]
      .filter((hook) => hook.phase === of)
      .map((hook) => {
        const timeoutMs = Math.min(hook.timeoutMs, deadlineMs);
        return { name: `hook ${hook.name}`, timeoutMs, run: (signal) => hook.run(signal, { timeoutMs }) };
      });
  }

  function enter(entered: Phase): void {
    phase = entered;
    if (entered !== 'workers') return;
    onDrained();
    markDrained();
  }

  function onListening(): void {
    listening = true;
    noteServing();
  }

  function noteServing(): void {
    if (served || !listening || phase !== 'running' || !gate.open()) return;
    served = true;
    onServing();
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
        noteServing();
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
      if (order.indexOf(phase) >= order.indexOf(of)) {
        logger.warn('shutdown hook came too late', { phase: of, name });
      }
      const added: Hook = { phase: of, name, run: hook, timeoutMs };
      hooks.add(added);
      return () => {
        hooks.delete(added);
      };
    },
    serve(server) {
      if (trackers.has(server)) return;
      const tracker = trackServer(server, { clock, isProbe, redactText, onListening });
      trackers.set(server, tracker);
      if (phase === 'running') return;
      tracker.discourage();
      if (phase !== 'announce') tracker.closeListener(); // too late to be drained with the others
    },
    shutdown(request) {
      final = final || request.final;
      if (report === undefined) {
        onShutdown();
        const parts = { clock, logger, trackers, work, startups, hooks: hookTasks, enter };
        report = runShutdown(parts, request).finally(() => {
          phase = 'stopped';
        });
      }
      return report;
    },
    drained: () => drained,
  };
}

/** The process is about to exit, and the code that awaits this must not run any more. */
function never(): Promise<never> {
  return new Promise(() => undefined);
}
