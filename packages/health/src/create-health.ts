import {
  optionsOf,
  parseDuration,
  processEvents,
  type ShutdownHandler,
  silentLogger,
  systemClock,
} from '@seaworthy/contracts';
import type { AnyRequest } from './any-request.js';
import { calmLogger } from './calm-logger.js';
import { type CheckRunner, type CheckSnapshot, type CheckStatus, createCheckRunner } from './check-runner.js';
import { describeCheck, describeError } from './describe-check.js';
import { createEndpoints, type Endpoint } from './endpoints.js';
import { HealthError } from './errors.js';
import { formats } from './formats/formats.js';
import type { Health, StartupOptions } from './health.js';
import { type Checks, checkNamesIn, type HealthOptions, readHealthOptions } from './health-options.js';
import { combined, type HealthStatus, type HealthView, statusOf } from './health-view.js';
import { createLifecycle } from './lifecycle.js';
import { observeChecks } from './metrics/health-metrics.js';
import { crashTimes, phaseDeadlines } from './phase.js';
import type { ShutdownReport } from './shutdown.js';
import { createSupervisor } from './supervisor.js';

const readStartupOptions = optionsOf<StartupOptions>('health.startup', { timeout: true });

/**
 * Asks every check in the background, answers probes from memory, and takes the service up and down in order.
 *
 * @throws OptionsError for an unknown option or a value that cannot work.
 * @throws HealthError `HEALTH_UNKNOWN_CHECK`, `HEALTH_REMOTE_LIVENESS`, `HEALTH_CHECK_NAME` or `HEALTH_CHECK_KIND`.
 *
 * @example
 * const health = createHealth({
 *   checks: {
 *     database: remote((signal) => pool.query({ text: 'select 1', signal })),
 *     cache: remote(() => redis.ping(), { critical: false }),
 *     loop: local(eventLoop()),
 *   },
 *   live: ['loop'],
 *   ready: ['database'],
 * });
 * app.use(healthEndpoints(health)); // from '@seaworthy/health/express'
 * health.serve(app.listen(3000));
 * health.stop('pools', 'postgres', () => pool.end());
 */
export function createHealth<const C extends Checks = Record<never, never>>(
  options: HealthOptions<C> = {},
): Health {
  const given = readHealthOptions(options);
  const { enabled = true, clock = systemClock, random = Math.random } = given;
  const logger = calmLogger(given.logger ?? silentLogger);
  const { redactor, version, environment, shutdown: { announce, quiet = '1s', deadlines } = {} } = given;
  const checks = given.checks ?? {};
  const live = checkNamesIn('live', given.live ?? [], checks);
  const ready = checkNamesIn('ready', given.ready ?? Object.keys(checks), checks);
  const report = checkNamesIn('report', given.report ?? Object.keys(checks), checks);
  const quietMs = parseDuration(quiet);
  const deadlineMs = phaseDeadlines(deadlines);

  const probes = new WeakSet<AnyRequest>();
  const runners = new Map<string, CheckRunner>();
  for (const [name, check] of Object.entries(checks)) {
    if (enabled && check.enabled)
      runners.set(name, createCheckRunner(name, check, { clock, random, onChange }));
  }

  const lifecycle = createLifecycle({
    clock,
    logger,
    isProbe: (request) => probes.has(request),
    redactText: (text) => redactor?.redactText(text) ?? text,
    onShutdown: () => supervisor.stopping(),
    onServing: () => supervisor.ready(),
    onDrained: stopChecks,
  });
  const supervisor = createSupervisor(given.signals === false ? {} : process, logger);

  if (given.metrics !== undefined) observeChecks(given.metrics, () => checksOf([...runners.keys()]));

  const endpoints = createEndpoints({
    prefix: given.prefix ?? '',
    format: formats[given.format ?? 'health+json'],
    details: given.details ?? (() => false),
    clock,
    onFailure: (error) => logger.error('health endpoint failed', { error: describeError(error, redactor) }),
    onLeftOut: (error) =>
      logger.error('metrics left out of a scrape', { error: describeError(error, redactor) }),
    page: given.page ?? true,
    metrics: given.metrics,
    metricsPath: given.metricsPath ?? '/metrics',
    describe: (check) => describeCheck(check, redactor),
    view,
  });

  function onChange(now: CheckSnapshot, before: CheckStatus): void {
    const { name: check, critical, status } = now;
    if (status === 'pass') {
      if (before !== 'pending') logger.info('health check recovered', { check });
      return;
    }
    const error = now.error === undefined ? undefined : describeError(now.error, redactor);
    logger.warn(status === 'fail' ? 'health check failing' : 'health check degraded', {
      check,
      critical,
      error,
    });
  }

  function stopChecks(): void {
    for (const runner of runners.values()) runner.stop();
  }

  function checksOf(names: readonly string[]): readonly CheckSnapshot[] {
    return names.flatMap((name) => runners.get(name)?.snapshot() ?? []);
  }

  /** Ready in the sense of the gate and the phase: whether anybody may be sent here at all. */
  function admitting(): boolean {
    const announced = lifecycle.phase !== 'running' && announce !== 'stay-ready';
    return lifecycle.gate.open() && !announced;
  }

  function view(endpoint: Endpoint, check: string | undefined): HealthView | undefined {
    if (!enabled) return undefined;
    if (check !== undefined) {
      const found = runners.get(check)?.snapshot();
      return found === undefined ? undefined : viewOf('check', statusOf(found), [found]);
    }
    if (endpoint === 'startupz') return viewOf('probe', lifecycle.gate.open() ? 'pass' : 'fail', []);
    if (endpoint === 'livez') {
      const shown = checksOf(live);
      const dead = shown.some(({ critical, status }) => critical && status === 'fail');
      return viewOf('probe', dead ? 'fail' : 'pass', shown);
    }
    const shown = checksOf(endpoint === 'readyz' ? ready : report);
    const status = admitting() ? combined(shown) : 'fail';
    return viewOf(endpoint === 'readyz' ? 'probe' : 'health', status, shown);
  }

  function viewOf(
    scope: HealthView['scope'],
    status: HealthStatus,
    shown: readonly CheckSnapshot[],
  ): HealthView {
    const { phase, gate } = lifecycle;
    const startups = gate.snapshot();
    const nowMs = clock.now();
    return {
      scope,
      status,
      checks: shown,
      phase,
      startups,
      nowMs,
      uptimeSeconds: process.uptime(),
      version,
      environment,
    };
  }

  const events = given.signals === false ? undefined : processEvents();
  /** A little more than all of it takes: the end of connections has a grace of its own. */
  const withinMs = Object.values(deadlineMs).reduce((sum, ms) => sum + ms, 2_000);
  const goDown: ShutdownHandler = async (cause) => {
    const times = cause.kind === 'signal' ? { deadlines: deadlineMs, quietMs } : crashTimes;
    const outcome = await lifecycle.shutdown({ ...times, final: true });
    if (!outcome.clean) {
      throw new HealthError('The shutdown was forced: the report names what did not end.', {
        code: 'HEALTH_SHUTDOWN_FORCED',
      });
    }
  };
  const unregister = events?.onShutdown(goDown, { withinMs });

  async function shutdown(quietForMs: number): Promise<ShutdownReport> {
    const outcome = await lifecycle.shutdown({ deadlines: deadlineMs, quietMs: quietForMs, final: false });
    unregister?.();
    return outcome;
  }

  for (const runner of runners.values()) runner.start();

  const health: Health = {
    get phase() {
      return lifecycle.phase;
    },
    snapshot: () => ({
      live: view('livez', undefined)?.status !== 'fail',
      ready: view('readyz', undefined)?.status !== 'fail',
      started: lifecycle.gate.open(),
      status: view('health', undefined)?.status ?? 'pass',
      phase: lifecycle.phase,
      startups: lifecycle.gate.snapshot(),
      checks: checksOf([...runners.keys()]),
    }),
    answer(request) {
      const answer = endpoints(request);
      if (answer !== undefined) probes.add(request);
      return answer;
    },
    startup(name, work, startupOptions = {}) {
      const { timeout = '5m' } = readStartupOptions(startupOptions);
      return lifecycle.startup(name, work, parseDuration(timeout));
    },
    busy: lifecycle.busy,
    serve(server) {
      lifecycle.serve(server);
      return server;
    },
    stop: lifecycle.stop,
    ready: () => supervisor.ready(),
    drained: lifecycle.drained,
    shutdown: () => shutdown(quietMs),
    async close() {
      await shutdown(0);
    },
    [Symbol.asyncDispose]: () => health.close(),
  };
  return health;
}
