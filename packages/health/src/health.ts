import type { Server } from 'node:net';
import type { Closable, DurationInput, Unregister } from '@seaworthy/contracts';
import type { AnyRequest } from './any-request.js';
import type { HealthAnswer } from './endpoints.js';
import type { HealthSnapshot } from './health-view.js';
import type { StopHook, StopOptions } from './lifecycle.js';
import type { LifecyclePhase, Phase } from './phase.js';
import type { ShutdownReport } from './shutdown.js';

export interface StartupOptions {
  /** After this the startup has failed and its promise rejects. @defaultValue '5m' */
  readonly timeout?: DurationInput;
}

export interface Health extends Closable {
  /** Where the service is in its life. */
  readonly phase: LifecyclePhase;
  /** What is known now, without asking anything. */
  snapshot(): HealthSnapshot;
  /**
   * The answer to a health request, or `undefined` when the request is for somebody else. The adapters use it.
   */
  answer(request: AnyRequest): Promise<HealthAnswer> | undefined;
  /**
   * Does what must be done before the service is asked anything: /startupz, /readyz and /health are 503 until then. The
   * signal aborts when a shutdown begins or the time is up. Once a signal is ending the process the promise stays
   * pending, so that what comes after the startup does not run.
   *
   * @throws what the work throws, and the gate stays shut; DeadlineError when the time is up; HealthError
   * `HEALTH_SHUTTING_DOWN` after `shutdown()` or `close()`.
   *
   * @example
   * await health.startup('migrations', (signal) => migrate(pool, { signal }), { timeout: '10m' });
   */
  startup<T>(
    name: string,
    work: (signal: AbortSignal) => PromiseLike<T> | T,
    options?: StartupOptions,
  ): Promise<T>;
  /**
   * Does work that a shutdown waits for, within the drain's deadline; the signal aborts at its end.
   *
   * @throws what the work throws; HealthError `HEALTH_SHUTTING_DOWN` when the drain is over.
   *
   * @example
   * const pdf = await health.busy('monthly report', (signal) => render(report, { signal }));
   */
  busy<T>(name: string, work: (signal: AbortSignal) => PromiseLike<T> | T): Promise<T>;
  /**
   * Tracks an http, https or http2 server, so that a shutdown drains it. Call it before the server has connections.
   *
   * @returns the server.
   *
   * @example
   * health.serve(app.listen(3000));  // Express
   * health.serve(fastify.server);    // Fastify
   */
  serve<S extends Server>(server: S): S;
  /**
   * Runs `hook` in that phase of a shutdown, beside the others of the phase. One that comes when the phase has begun is not
   * run, and a warning says so.
   *
   * @throws HealthError `HEALTH_UNKNOWN_PHASE`; OptionsError for an unknown option.
   *
   * @example
   * health.stop('pools', 'postgres', () => pool.end(), { timeout: '2s' });
   */
  stop(phase: Phase, name: string, hook: StopHook, options?: StopOptions): Unregister;
  /**
   * Tells pm2 (`wait_ready`) and systemd (`Type=notify`) that the service can be used. It happens by itself when a tracked
   * server listens and every startup is done; a worker without a server calls it.
   */
  ready(): void;
  /** Resolves when the drain of a shutdown is over and nobody is answered any more; pending until then. */
  drained(): Promise<void>;
  /** Goes through the phases and tells how it went; the process stays. A second call returns the first one's promise. */
  shutdown(): Promise<ShutdownReport>;
  /** As `shutdown`, without waiting for a load balancer to turn away: for tests and short programs. */
  close(): Promise<void>;
}
