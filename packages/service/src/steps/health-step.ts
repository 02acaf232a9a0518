import { createHealth, type Health, type HealthOptions } from '@seaworthy/health';
import type { AnyContext, Launch, Step } from '../launch.js';
import { ServiceError } from '../service-error.js';

export type DeclareHealth = (context: AnyContext) => HealthOptions;

export function healthStep(declare: DeclareHealth): Step {
  return {
    name: 'health',
    label: 'health',
    take: async (launch) => openHealth(launch, declare(launch.context)),
  };
}

/** Health owns the shutdown: what was opened is closed in its `pools` phase, and the logger goes last. */
export function openHealth(launch: Launch, options: HealthOptions): Health {
  const { context, opened, signals } = launch;
  const { logger, version, environment } = context;
  const health = createHealth({
    version,
    environment,
    redactor: logger.redactor,
    ...options,
    logger,
    signals,
  });
  // A signal may come while a later step is under way, such as a migration in what the pools phase would close.
  health.stop('drain', 'start', () => launch.taken);
  health.stop('pools', 'resources', async (signal, { timeoutMs }) => {
    const { hung, failed } = await opened.close({
      // A little less than the phase has, so that the last one's turn comes before the phase is over.
      totalMs: timeoutMs * 0.9,
      signal,
      onFailure: (name, error) => logger.error('A resource did not close', { resource: name, error }),
    });
    if (hung.length > 0) {
      throw new ServiceError(`Not closed in time: ${hung.join(', ')}. Give the phase "pools" longer.`, {
        code: 'SERVICE_CLOSE_TIMEOUT',
      });
    }
    if (failed.length > 0) {
      throw new ServiceError(`Not closed: ${failed.join(', ')}. The line of each says why.`, {
        code: 'SERVICE_CLOSE_FAILED',
      });
    }
  });
  health.stop('telemetry', 'logger', async () => {
    await logger.close();
  });
  return health;
}
