import { optionsOf, parseDuration } from '@seaworthy/contracts';
import type { AnyContext, Step } from './launch.js';
import type { ServiceBuilder, StepOptions } from './service-builder.js';
import { ServiceError } from './service-error.js';
import type { BaseContext, ServiceOptions } from './service-options.js';
import { runService, startService } from './start-service.js';
import { type DeclareHealth, healthStep } from './steps/health-step.js';
import { type BuildHttp, type DeclareListen, httpStep } from './steps/http-step.js';
import { type Open, resourceStep } from './steps/resource-step.js';
import { type DeclareSecurity, securityStep } from './steps/security-step.js';
import { startupStep, type Work } from './steps/startup-step.js';

const owner = 'createService';

const readOptions = optionsOf<ServiceOptions<object>>(owner, {
  name: true,
  version: true,
  config: true,
  sources: true,
  logging: true,
  signals: true,
});

const readStep = optionsOf<StepOptions>(`${owner} step`, { timeout: true });

/**
 * Puts the packages in the one right order: configuration, logger, resources as they are declared, health, security, the
 * application, the port. SIGTERM drains and closes all of it in reverse.
 *
 * Nothing happens before `start()` or `run()`.
 *
 * @throws OptionsError for an unknown option, ServiceError `SERVICE_NAME_TAKEN` for two steps of one name.
 *
 * @example
 * await createService({ name: 'orders', version: '1.0.0', config: schema })
 *   .resource('db', ({ config, logger }) => createDb(postgres(pg), { url: config.DATABASE_URL, logger }))
 *   .health(({ db }) => ({ checks: { database: remote(db.healthCheck()) } }))
 *   .security(() => ({ headers: { profile: 'api' } }))
 *   .http(({ db, health, security }) => createApp({ db, health, security }), ({ config }) => ({ port: config.PORT }))
 *   .run();
 */
export function createService<Values extends object>(
  options: ServiceOptions<Values>,
): ServiceBuilder<BaseContext<Values>> {
  const given = readOptions(options as unknown as ServiceOptions<object>);
  return builder(given, []) as unknown as ServiceBuilder<BaseContext<Values>>;
}

/** What a service makes itself: a resource under one of these names would stand in its place. */
const ownNames = ['health', 'security', 'http'];

/** Builders are immutable: the same beginning can be continued in two ways, as tests like to do. */
function builder(options: ServiceOptions<object>, steps: readonly Step[]): ServiceBuilder<AnyContext> {
  function then(step: Step): ServiceBuilder<AnyContext> {
    const taken = ['name', 'version', 'environment', 'config', 'logger', ...steps.map(({ name }) => name)];
    if (taken.includes(step.name)) {
      throw new ServiceError(
        `${owner}: there is a step "${step.name}" already. Give this one another name.`,
        {
          code: 'SERVICE_NAME_TAKEN',
        },
      );
    }
    return builder(options, [...steps, step]);
  }

  function named(step: Step): ServiceBuilder<AnyContext> {
    if (ownNames.includes(step.name)) {
      throw new ServiceError(
        `${owner}: "${step.name}" is a step of its own, .${step.name}(). Give this one another name.`,
        { code: 'SERVICE_NAME_TAKEN' },
      );
    }
    return then(step);
  }

  const next = {
    resource: (name: string, open: Open, own: StepOptions = {}) =>
      named(resourceStep(name, open, timeoutOf(own))),
    startup: (name: string, work: Work, own: StepOptions = {}) =>
      named(startupStep(name, work, timeoutOf(own))),
    health: (declare: DeclareHealth) => then(healthStep(declare)),
    security: (declare: DeclareSecurity) => then(securityStep(declare)),
    http: (build: BuildHttp, listen: DeclareListen, own: StepOptions = {}) =>
      then(httpStep(build, listen, timeoutOf(own))),
    start: () => startService(options, steps),
    run: () => runService(options, steps),
  };
  return next as unknown as ServiceBuilder<AnyContext>;
}

function timeoutOf(options: StepOptions): number {
  const { timeout = '60s' } = readStep(options);
  return parseDuration(timeout);
}
