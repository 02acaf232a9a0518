import {
  type Clock,
  type DurationInput,
  invalidOption,
  type Logger,
  nearest,
  optionsOf,
  type Redactor,
  type RequestView,
} from '@seaworthy/contracts';
import { booleanOption } from './boolean-option.js';
import type { Check } from './check.js';
import { HealthError } from './errors.js';
import type { FormatName } from './formats/format.js';
import type { MetricsSource } from './metrics/metrics-source.js';
import type { PhaseDeadlines } from './phase.js';

export type Checks = Readonly<Record<string, Check>>;

export type CheckName<C extends Checks> = Extract<keyof C, string>;

/** The names of the local checks among `C`: what may stand in `live`. */
export type LocalCheckName<C extends Checks> = {
  [Name in CheckName<C>]: C[Name]['kind'] extends 'local' ? Name : never;
}[CheckName<C>];

export interface HealthOptions<C extends Checks = Checks> {
  /** What is asked, by name. A name stands in URLs and in the JSON: letters, digits, `-` and `_`. @defaultValue none */
  readonly checks?: C;
  /**
   * What a restart would mend: when a critical one of these fails, /livez is 503. Only local checks, because restarting healthy
   * processes while a database is away makes an outage longer. @defaultValue none
   */
  readonly live?: readonly LocalCheckName<C>[];
  /** Without which no request can be served: when a critical one of these fails, /readyz is 503. @defaultValue every check */
  readonly ready?: readonly CheckName<C>[];
  /** What /health shows and counts. @defaultValue every check */
  readonly report?: readonly CheckName<C>[];
  /** @defaultValue 'health+json' */
  readonly format?: FormatName;
  /** The release that runs. Format `nested` shows it to anyone and needs it. */
  readonly version?: string;
  /** `production`, `staging`. Format `nested` shows it to anyone and needs it. */
  readonly environment?: string;
  /** `'/api'`: the endpoints answer at `/api/health` and so on too, beside the plain paths. @defaultValue '' */
  readonly prefix?: string;
  /** `false` takes the endpoints away and runs no check; the shutdown stays. @defaultValue true */
  readonly enabled?: boolean;
  /** Whether `/health/status` is a page for people. Anyone sees status words on it, as in the JSON. @defaultValue true */
  readonly page?: boolean;
  /**
   * From `createMetrics()`: operators, whom `details` allows, get percentiles on the page and the scrape at `metricsPath`;
   * all others a 403 there. @defaultValue none
   */
  readonly metrics?: MetricsSource;
  /** Where Prometheus scrapes, when there are metrics. @defaultValue '/metrics' */
  readonly metricsPath?: string;
  /** Who sees causes, figures and times. A throw, a rejection or a second without an answer means no. @defaultValue nobody */
  readonly details?: (request: RequestView) => boolean | PromiseLike<boolean>;
  /** Goes over causes and figures before an operator sees them. @defaultValue none */
  readonly redactor?: Redactor;
  readonly shutdown?: ShutdownOptions;
  /** `false`: SIGTERM, SIGINT and crashes are somebody else's business, who calls `shutdown()`. @defaultValue true */
  readonly signals?: boolean;
  /** Gets one line when a check changes and one a phase. @defaultValue silent */
  readonly logger?: Logger;
  /** @defaultValue systemClock */
  readonly clock?: Clock;
  /** Spreads the checks of many instances: from 0 up to, not including, 1. @defaultValue Math.random */
  readonly random?: () => number;
}

export interface ShutdownOptions {
  /**
   * `fail-readiness`: /readyz and /health are 503 from the first moment, so that a load balancer that asks turns away.
   * `stay-ready`: they answer as before until the listener closes. @defaultValue 'fail-readiness'
   */
  readonly announce?: 'fail-readiness' | 'stay-ready';
  /** The listeners close when no request came for so long; `0` closes them at once. @defaultValue '1s' */
  readonly quiet?: DurationInput;
  /** How long each phase may take; 28 s in all by default. */
  readonly deadlines?: PhaseDeadlines;
}

/** The same with names that are only strings, for the checks at run time. */
type LooseOptions = Omit<HealthOptions, 'live' | 'ready' | 'report'> & {
  readonly live?: readonly string[];
  readonly ready?: readonly string[];
  readonly report?: readonly string[];
};

const owner = 'createHealth';

const readNames = optionsOf<LooseOptions>(owner, {
  checks: true,
  live: true,
  ready: true,
  report: true,
  format: true,
  version: true,
  environment: true,
  prefix: true,
  enabled: true,
  page: true,
  metrics: true,
  metricsPath: true,
  details: true,
  redactor: true,
  shutdown: true,
  signals: true,
  logger: true,
  clock: true,
  random: true,
});

const readShutdown = optionsOf<ShutdownOptions>(`${owner} shutdown`, {
  announce: true,
  quiet: true,
  deadlines: true,
});

/** Keys of the flat format, which a check of the same name would overwrite. */
const reservedNames = ['status', 'timestamp', 'uptime', 'details'];

/** Everything that can be known to be wrong at boot is found here. */
export function readHealthOptions(options: LooseOptions): LooseOptions {
  const read = readNames(options);
  readShutdown(read.shutdown ?? {});
  for (const [name, check] of Object.entries(read.checks ?? {})) {
    if (!/^[a-z][\w-]{0,63}$/i.test(name) || reservedNames.includes(name)) {
      throw new HealthError(
        `${owner}: "${name}" cannot be the name of a check. It stands in URLs: use letters, digits, - and _, and none of ${reservedNames.join(', ')}.`,
        { code: 'HEALTH_CHECK_NAME' },
      );
    }
    if (typeof check?.probe !== 'function' || check.intervalMs === undefined) {
      throw new HealthError(`${owner}: check "${name}" must be made by remote() or local().`, {
        code: 'HEALTH_CHECK_KIND',
      });
    }
  }
  for (const name of ['enabled', 'page', 'signals'] as const) booleanOption(owner, name, read[name]);
  if (read.details !== undefined && typeof read.details !== 'function') {
    throw invalidOption(owner, 'details', "a function that tells whether a request is an operator's");
  }
  const { format, version, environment, prefix = '', shutdown } = read;
  if (format !== undefined && !['health+json', 'flat', 'nested'].includes(format)) {
    throw invalidOption(owner, 'format', "'health+json', 'flat' or 'nested'");
  }
  if (format === 'nested' && (version === undefined || environment === undefined)) {
    throw invalidOption(
      owner,
      version === undefined ? 'version' : 'environment',
      "given with format 'nested'",
    );
  }
  if (!/^(?:\/[\w.~-]+)*$/.test(prefix)) throw invalidOption(owner, 'prefix', "a path such as '/api'");
  if (read.metricsPath !== undefined && !/^(?:\/[\w.~-]+)+$/.test(read.metricsPath)) {
    throw invalidOption(owner, 'metricsPath', "a path such as '/metrics'");
  }
  const announce = shutdown?.announce;
  if (announce !== undefined && announce !== 'fail-readiness' && announce !== 'stay-ready') {
    throw invalidOption(`${owner} shutdown`, 'announce', "'fail-readiness' or 'stay-ready'");
  }
  return read;
}

/** The names of one list, known to exist. */
export function checkNamesIn(
  list: 'live' | 'ready' | 'report',
  names: readonly string[],
  checks: Checks,
): readonly string[] {
  for (const name of names) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) {
      const meant = nearest(name, Object.keys(checks));
      const advice =
        meant === undefined ? `Checks: ${Object.keys(checks).join(', ')}.` : `Did you mean "${meant}"?`;
      throw new HealthError(`${owner}: "${name}" in \`${list}\` is no check. ${advice}`, {
        code: 'HEALTH_UNKNOWN_CHECK',
      });
    }
    if (list === 'live' && check.kind === 'remote') {
      throw new HealthError(
        `${owner}: "${name}" in \`live\` is a remote check. A restart does not mend it: move it to \`ready\`.`,
        { code: 'HEALTH_REMOTE_LIVENESS' },
      );
    }
  }
  return names;
}
