import type { Closable, DurationInput } from '@seaworthy/contracts';
import type { Checks, Health, HealthOptions } from '@seaworthy/health';
import type { Security, SecurityOptions } from '@seaworthy/security';
import type { HttpApp, ListenOptions } from './http-host.js';

/** Beside closing, a resource may have a first moment: `ready()` is awaited before the next step begins. */
export interface Resource extends Closable {
  ready?(options: { readonly signal: AbortSignal }): Promise<unknown>;
}

export interface StepOptions {
  /**
   * Opening that takes longer has failed; so has becoming ready, and for `http` opening the port, each counted anew.
   *
   * @defaultValue '60s'
   */
  readonly timeout?: DurationInput;
}

/** A service that runs. */
export interface RunningService<Context> {
  /** Everything that the steps made. */
  readonly context: Context;
  /** Where it listens: `http://127.0.0.1:3000`; `undefined` without a `http` step. */
  readonly url: string | undefined;
  /** Drains and closes everything in reverse; the process stays. A second call returns the first one's promise. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A service whose steps are all written. */
export interface FinishedServiceBuilder<Context> {
  /**
   * Takes the steps. When one fails, what was opened is closed again.
   *
   * @throws ConfigError, ServiceError, or what a step threw, wrapped as the cause of `SERVICE_STEP_FAILED`.
   */
  start(): Promise<RunningService<Context>>;
  /** As `start` for a process of its own: logs a failure, or prints it when there is no logger yet, and exits 1. */
  run(): Promise<RunningService<Context>>;
}

/**
 * The steps of a service, in the order in which they are written: each sees what those before it made, and all of it is
 * closed from the last to the first.
 */
export interface ServiceBuilder<Context> extends FinishedServiceBuilder<Context> {
  /** Opens something that must be closed: a pool, a cache, a queue. */
  resource<Name extends string, R extends Resource>(
    name: Name,
    open: (context: Context) => R | PromiseLike<R>,
    options?: StepOptions,
  ): ServiceBuilder<Context & { readonly [Key in Name]: R }>;
  /**
   * Does something once before anybody is served: migrations, warming a cache. When the service must stop, or the time is
   * up, its signal aborts, and what was opened is closed only when it has ended, or 8 s later.
   */
  startup(
    name: string,
    work: (context: Context, signal: AbortSignal) => unknown,
    options?: StepOptions,
  ): ServiceBuilder<Context>;
  /** Declares the health checks. Without this step the service has the endpoints and no checks. */
  health<const C extends Checks>(
    options: (context: Context) => Omit<HealthOptions<C>, 'logger' | 'signals' | 'clock'>,
  ): ServiceBuilder<Context & { readonly health: Health }>;
  /** Declares headers, CORS, limits and the rest. */
  security(
    options: (context: Context) => Omit<SecurityOptions, 'logger' | 'clock'>,
  ): ServiceBuilder<Context & { readonly security: Security }>;
  /**
   * Builds the application and opens the port. The last step. A time that the server does not set is that of `serverLimits()`
   * (`@seaworthy/security/transport`): connections are kept longer than load balancers keep them, and slow clients are cut off.
   */
  http(
    build: (context: Context) => HttpApp | PromiseLike<HttpApp>,
    listen: (context: Context) => ListenOptions,
    options?: StepOptions,
  ): FinishedServiceBuilder<Context>;
}
