import { constants } from 'node:os';
import { type Clock, systemClock } from './clock.js';
import { describeCrash } from './describe-crash.js';
import { invalidOption, optionsOf } from './options.js';
import { printToStderr } from './print-to-stderr.js';

/** Why the process is going down. */
export type ShutdownCause =
  | { readonly kind: 'signal'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'uncaughtException' | 'unhandledRejection'; readonly error: unknown };

export type CrashCause = Exclude<ShutdownCause, { readonly kind: 'signal' }>;

/**
 * Drains and closes. A rejection makes the exit code 1, and so does one that takes longer than it said. After a crash it is
 * waited for 1.5 s at most.
 */
export type ShutdownHandler = (cause: ShutdownCause) => Promise<void>;

export interface OnShutdownOptions {
  /** How long this handler takes at most after a signal, in milliseconds; then the process exits with 1. @defaultValue 60000 */
  readonly withinMs?: number;
}

/** Writes the crash to where it will be found, synchronously. What it throws is ignored. */
export type CrashHandler = (cause: CrashCause) => void;

/** Takes a registration back; calling it twice does nothing. */
export type Unregister = () => void;

/**
 * The one owner of the process's signal and crash handlers. Packages register with it instead of with `process`, so that
 * there is one order: log the crash, drain, flush, exit. Nothing is installed until somebody registers, and the last one
 * to leave takes the handlers away.
 */
export interface ProcessEvents {
  /**
   * SIGTERM and SIGINT run every handler, then the process exits: 0 when all resolved, 1 when one rejected. A second
   * signal ends the process at once with 128 + its number, unless it is the first one again, raised by another owner of
   * the signal that has just taken its own listener away. A crash runs them too, and exits 1.
   */
  onShutdown(handler: ShutdownHandler, options?: OnShutdownOptions): Unregister;
  /** An uncaught exception or an unhandled rejection: called before anything else happens. Without any, it goes to stderr. */
  onCrash(handler: CrashHandler): Unregister;
  /** Called last and synchronously, however the process ends short of SIGKILL: write out what is still buffered. */
  onExit(flush: () => void): Unregister;
  /** A signal that does not end the process. Opt-in, for the one who asks for it. */
  onSignal(signal: 'SIGHUP' | 'SIGUSR2', handler: () => void): Unregister;
}

/** The part of `process` that this module drives. */
export interface ProcessLike {
  readonly pid: number;
  exitCode?: number | string | null | undefined;
  on(event: string, listener: (...args: unknown[]) => void): unknown;
  removeListener(event: string, listener: (...args: unknown[]) => void): unknown;
  listenerCount(event: string): number;
  kill(pid: number, signal: NodeJS.Signals): unknown;
  exit(code: number): void;
}

const readShutdownOptions = optionsOf<OnShutdownOptions>('onShutdown', { withinMs: true });

/** How long a crashed process may still drain. Its state is unknown, so not long. */
const crashDrainMs = 1_500;

/** What a handler that says nothing is given after a signal: longer than any orchestrator waits by default. */
const shutdownMs = 60_000;

/** npm passes a terminal's Ctrl-C on to a child that got it already; two signals this near are one. */
const sameSignalMs = 500;

const endingSignals = ['SIGTERM', 'SIGINT'] as const;

const singleton = Symbol.for('seaworthy.process-events.v1');

/** The process's own instance, shared by every copy of this package. */
export function processEvents(): ProcessEvents {
  const known: ProcessEvents | undefined = Reflect.get(globalThis, singleton);
  if (known !== undefined) return known;
  const events = createProcessEvents(process);
  Object.defineProperty(globalThis, singleton, { value: events });
  return events;
}

/** Makes an instance over any process: for tests, and for whoever runs several services in one process. */
export function createProcessEvents(
  host: ProcessLike,
  { clock = systemClock, writeError = printToStderr }: ProcessEventsOptions = {},
): ProcessEvents {
  const shutdownHandlers = new Set<{ readonly run: ShutdownHandler; readonly withinMs: number }>();
  const crashHandlers = new Set<CrashHandler>();
  const flushers = new Set<() => void>();
  let ending:
    | { readonly since: number; exitCode: number; readonly listeners: Map<string, number>; exit(): void }
    | undefined;

  const endings = listeners(host);
  const crashes = listeners(host);
  const exits = listeners(host);

  function exit(code: number): void {
    flushAll();
    host.exit(code);
  }

  function flushAll(): void {
    for (const flush of flushers) attempt(flush);
  }

  async function shutDown(cause: ShutdownCause): Promise<void> {
    if (ending !== undefined) return;
    const state = {
      since: clock.monotonic(),
      exitCode: cause.kind === 'signal' ? 0 : 1,
      listeners: new Map(endingSignals.map((signal) => [signal, host.listenerCount(signal)])),
      exit: () => exit(state.exitCode),
    };
    ending = state;
    const handlers = [...shutdownHandlers];
    const withinMs = Math.max(0, ...handlers.map((handler) => handler.withinMs));
    const bound =
      cause.kind === 'signal' ? clock.schedule(() => exit(1), withinMs, { keepAlive: true }) : undefined;
    const results = await Promise.allSettled(handlers.map(async ({ run }) => run(cause)));
    bound?.cancel();
    if (results.some((result) => result.status === 'rejected')) state.exitCode = 1;
    state.exit();
  }

  function onEndingSignal(signal: NodeJS.Signals): void {
    if (ending !== undefined) {
      // Frameworks end by taking their listener away and raising the signal once more: nobody has sent a second one.
      const listeners = host.listenerCount(signal);
      const raisedAgain = listeners < (ending.listeners.get(signal) ?? 0);
      ending.listeners.set(signal, listeners);
      if (raisedAgain || clock.monotonic() - ending.since < sameSignalMs) return;
      exit(128 + constants.signals[signal]);
      return;
    }
    if (shutdownHandlers.size > 0) {
      void shutDown({ kind: 'signal', signal });
      return;
    }
    flushAll();
    if (host.listenerCount(signal) > 1) return; // somebody else decides what this signal does
    endings.remove();
    host.kill(host.pid, signal); // die of the signal, as the parent expects
    clock.schedule(() => host.exit(128 + constants.signals[signal]), 100, { keepAlive: true }); // PID 1 ignores it
  }

  function onCrash(kind: CrashCause['kind'], error: unknown): void {
    const cause: CrashCause = { kind, error };
    const logged = [...crashHandlers].map((handler) => attempt(() => handler(cause)));
    if (!logged.includes(true)) attempt(() => writeError(`${kind}: ${describeCrash(error)}\n`));
    clock.schedule(() => exit(1), crashDrainMs, { keepAlive: true });
    if (ending === undefined) void shutDown(cause);
    else ending.exitCode = 1;
  }

  const listenToEndings = (): void =>
    endings.add(endingSignals.map((signal) => [signal, () => onEndingSignal(signal)] as const));
  const listenToCrashes = (): void =>
    crashes.add([
      ['uncaughtException', (error: unknown) => onCrash('uncaughtException', error)],
      ['unhandledRejection', (reason: unknown) => onCrash('unhandledRejection', reason)],
    ]);

  function settle(): void {
    const anyEnding = shutdownHandlers.size + flushers.size > 0;
    const anyCrash = shutdownHandlers.size + crashHandlers.size > 0;
    anyEnding ? listenToEndings() : endings.remove();
    anyCrash ? listenToCrashes() : crashes.remove();
    flushers.size > 0 ? exits.add([['exit', flushAll]]) : exits.remove();
  }

  function register<T>(set: Set<T>, item: T): Unregister {
    set.add(item);
    settle();
    return () => {
      if (set.delete(item)) settle();
    };
  }

  return {
    onShutdown(run, options = {}) {
      const { withinMs = shutdownMs } = readShutdownOptions(options);
      // NaN would be a timer that is always due: the process would end at once, and with it every request.
      if (!(typeof withinMs === 'number' && withinMs >= 0)) {
        throw invalidOption('onShutdown', 'withinMs', 'a number of milliseconds that is not negative');
      }
      return register(shutdownHandlers, { run, withinMs });
    },
    onCrash: (handler) => register(crashHandlers, handler),
    onExit: (flush) => register(flushers, flush),
    onSignal(signal, handler) {
      const own = listeners(host);
      own.add([[signal, () => attempt(handler)]]);
      return () => own.remove();
    },
  };
}

export interface ProcessEventsOptions {
  /** @defaultValue systemClock */
  readonly clock?: Clock;
  /** Where a crash goes that nobody logged. @defaultValue file descriptor 2, synchronously */
  readonly writeError?: (text: string) => void;
}

/** Listeners that are added and removed together, once. */
function listeners(host: ProcessLike) {
  let active: ReadonlyArray<readonly [string, (...args: unknown[]) => void]> = [];
  return {
    add(entries: ReadonlyArray<readonly [string, (...args: unknown[]) => void]>): void {
      if (active.length > 0) return;
      active = entries;
      for (const [event, listener] of active) host.on(event, listener);
    },
    remove(): void {
      for (const [event, listener] of active) host.removeListener(event, listener);
      active = [];
    },
  };
}

/** Whether it ran through: in a dying process a second failure must not hide the first. */
function attempt(run: () => void): boolean {
  try {
    run();
    return true;
  } catch {
    return false;
  }
}
