import { writeSync } from 'node:fs';
import type { LoadAsyncOptions, Source } from '@seaworthy/config';
import { DeadlineError, SeaworthyError, withDeadline } from '@seaworthy/contracts';
import { createLogger } from '@seaworthy/logging';
import { type EarlyStop, earlyStop } from './early-stop.js';
import type { AnyContext, Launch, Step } from './launch.js';
import { closeMs, createOpened } from './opened.js';
import type { RunningService } from './service-builder.js';
import { ServiceError } from './service-error.js';
import type { BaseContext, ServiceOptions } from './service-options.js';
import { openHealth } from './steps/health-step.js';

/** Takes the steps in order; closes what was opened when one of them fails. */
export async function startService(
  options: ServiceOptions<object>,
  steps: readonly Step[],
): Promise<RunningService<AnyContext>> {
  const stop = earlyStop(options.signals !== false);
  const launch = await opening(options, stop);
  const { logger } = launch.context;
  logger.info('Starting', { version: options.version });
  const started = takeAll(launch, steps);
  launch.taken = started.catch(() => undefined);
  try {
    await started;
  } catch (error) {
    if (!stop.signal.aborted || isUnfinished(error)) logger.error('The service could not start', { error });
    await closeAll(launch);
    stop.over(isUnfinished(error) ? error : undefined);
    throw error;
  }
  // Also a service without a port is shut down by a health: it owns the order, and what was opened hangs on it.
  if (launch.context.health === undefined) {
    launch.context = { ...launch.context, health: openHealth(launch, {}) };
  }
  stop.over();
  launch.context.health?.ready(); // a service with a port said so when it opened
  logger.info('Started', { url: launch.http?.url });

  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing ??= closeAll(launch);
    return closing;
  };
  return { context: launch.context, url: launch.http?.url, close, [Symbol.asyncDispose]: close };
}

/** Configuration and logger: nothing is open yet, but a configuration may be waited for. */
async function opening(options: ServiceOptions<object>, stop: EarlyStop): Promise<Launch> {
  try {
    const context = await openContext(options, stop.signal);
    return {
      context,
      opened: createOpened(),
      signal: stop.signal,
      signals: options.signals !== false,
      taken: Promise.resolve(),
      http: undefined,
    };
  } catch (error) {
    stop.over();
    throw stop.signal.aborted ? stop.signal.reason : error;
  }
}

/** As {@link startService} for a process of its own. */
export async function runService(
  options: ServiceOptions<object>,
  steps: readonly Step[],
): Promise<RunningService<AnyContext>> {
  try {
    return await startService(options, steps);
  } catch (error) {
    if (ServiceError.is(error) && error.code === 'SERVICE_STOPPED') return new Promise(() => undefined); // process-events ends it
    // The log may go to a file; who started the process by hand looks here.
    writeSync(2, `${SeaworthyError.is(error) ? error.message : String(error)}\n`);
    process.exit(1);
  }
}

async function openContext(
  { name, version, config: schema, sources, logging }: ServiceOptions<object>,
  stop: AbortSignal,
): Promise<AnyContext> {
  const config = await loadConfig(schema, sources, stop);
  stop.throwIfAborted();
  const environment = schema.profileOf(config);
  const logger = createLogger({ ...logging?.(config), service: name, environment });
  return { name, version, environment, config, logger } satisfies BaseContext<object>;
}

/** Without a remote source there is nothing to wait for, and `load()` takes a fraction of the time. */
function loadConfig(
  schema: ServiceOptions<object>['config'],
  given: LoadAsyncOptions = {},
  stop: AbortSignal,
): object | Promise<object> {
  const { sources, timeout, signal, ...where } = given;
  if (sources === undefined) return schema.load(where);
  const local = sources.filter((source): source is Source => !('fetch' in source));
  if (local.length === sources.length) return schema.load({ ...where, sources: local });
  return schema.loadAsync({
    ...given,
    signal: signal === undefined ? stop : AbortSignal.any([signal, stop]),
  });
}

async function takeAll(launch: Launch, steps: readonly Step[]): Promise<void> {
  for (const step of steps) {
    try {
      launch.signal.throwIfAborted();
      const made = await step.take(launch);
      if (made !== undefined) launch.context = { ...launch.context, [step.name]: made };
    } catch (error) {
      if (!launch.signal.aborted) throw stepFailure(step, error);
      throw isUnfinished(error) ? error : launch.signal.reason;
    }
  }
  launch.signal.throwIfAborted(); // the last step may have been faster than the signal
}

/** A stop that did not wait any longer for a step is no clean one. */
function isUnfinished(error: unknown): boolean {
  return ServiceError.is(error) && error.code === 'SERVICE_STEP_UNFINISHED';
}

function stepFailure({ label }: Step, cause: unknown): unknown {
  if (ServiceError.is(cause)) return cause;
  // One of ours names the step; a step may also have deadlines of its own.
  if (DeadlineError.is(cause) && cause.message.includes(label)) {
    return new ServiceError(`The service could not start: ${cause.message}`, {
      code: 'SERVICE_STEP_TIMEOUT',
      cause,
    });
  }
  // Our own errors hold no secret in their message; of others only the cause tells, which loggers redact.
  const told = SeaworthyError.is(cause) ? `: ${cause.message}` : '. The cause says why.';
  return new ServiceError(`The service could not start, ${label} failed${told}`, {
    code: 'SERVICE_STEP_FAILED',
    cause,
  });
}

async function closeAll({ context, opened }: Launch): Promise<void> {
  const { health, logger } = context;
  if (health !== undefined) {
    await health.close();
    return;
  }
  await opened.close({
    onFailure: (name, error) => logger.error('A resource did not close', { resource: name, error }),
  });
  try {
    await withDeadline(() => logger.close(), { timeoutMs: closeMs, what: 'closing the logger' });
  } catch {
    // The start failed for another reason, which is what its caller must get.
  }
}
