import {
  type CheckKind,
  type DurationInput,
  type HealthCheck,
  invalidOption,
  optionsOf,
  type Probe,
  parseDuration,
  wholeNumber,
} from '@seaworthy/contracts';
import { booleanOption } from './boolean-option.js';
import { HealthError } from './errors.js';

/** When a check is asked and what its answer means. */
export interface CheckOptions {
  /** How often the check runs in the background, give or take a tenth. @defaultValue '5s' */
  readonly interval?: DurationInput;
  /** A slower answer is a failure; the probe's signal aborts then. @defaultValue '1s' */
  readonly timeout?: DurationInput;
  /** So many failures in a row turn a check that passed into one that fails. @defaultValue 2 */
  readonly failAfter?: number;
  /** `true`: the service is down without it (503). `false`: it is degraded (200). @defaultValue true */
  readonly critical?: boolean;
  /** `false` removes the check: it never runs, nothing shows it, and its endpoint is a 404. @defaultValue true */
  readonly enabled?: boolean;
}

/** A probe with everything decided about it, as `remote` and `local` return it. */
export interface Check<Kind extends CheckKind = CheckKind> {
  readonly kind: Kind;
  readonly probe: Probe;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly failAfter: number;
  readonly critical: boolean;
  readonly enabled: boolean;
}

const names = { interval: true, timeout: true, failAfter: true, critical: true, enabled: true } as const;

/**
 * A check of something outside the process: a database, a cache, another service. A restart of the process does not mend
 * it, so it cannot stand in `live`.
 *
 * @throws OptionsError for an unknown option or a value that cannot work.
 * @throws HealthError `HEALTH_CHECK_KIND` when it is given a check that says it is local.
 *
 * @example
 * const database = remote((signal) => pool.query({ text: 'select 1', signal }), { timeout: '800ms' });
 * const cache = remote(redisCache.healthCheck(), { critical: false });
 */
export function remote(probe: Probe | HealthCheck<'remote'>, options: CheckOptions = {}): Check<'remote'> {
  return define('remote', probe, options);
}

/**
 * A check of the process itself or of its machine: memory, disk, event loop. It may stand in `live`.
 *
 * @throws OptionsError for an unknown option or a value that cannot work.
 * @throws HealthError `HEALTH_CHECK_KIND` when it is given a check that says it is remote.
 *
 * @example
 * const space = local(disk('/var/lib/app'), { interval: '30s' });
 */
export function local(probe: Probe | HealthCheck<'local'>, options: CheckOptions = {}): Check<'local'> {
  return define('local', probe, options);
}

function define<Kind extends CheckKind>(
  kind: Kind,
  given: Probe | HealthCheck<Kind>,
  options: CheckOptions,
): Check<Kind> {
  const {
    interval = '5s',
    timeout = '1s',
    failAfter = 2,
    critical = true,
    enabled = true,
  } = optionsOf<CheckOptions>(kind, names)(options);
  if (typeof given === 'object' && given.kind !== kind) {
    throw new HealthError(`${kind}() was given a ${given.kind} check. Declare it with ${given.kind}().`, {
      code: 'HEALTH_CHECK_KIND',
    });
  }
  booleanOption(kind, 'critical', critical);
  booleanOption(kind, 'enabled', enabled);
  const probe = typeof given === 'object' ? given.probe : given;
  if (typeof probe !== 'function') throw invalidOption(kind, 'probe', 'a function that returns a promise');
  return {
    kind,
    probe,
    intervalMs: positive(kind, 'interval', interval),
    timeoutMs: positive(kind, 'timeout', timeout),
    failAfter: wholeNumber(kind, 'failAfter', failAfter, { min: 1 }),
    critical,
    enabled,
  };
}

function positive(owner: string, name: string, input: DurationInput): number {
  const ms = parseDuration(input);
  if (ms < 1) throw invalidOption(owner, name, 'at least 1 ms');
  return ms;
}
