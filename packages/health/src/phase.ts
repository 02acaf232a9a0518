import { type DurationInput, optionsOf, parseDuration } from '@seaworthy/contracts';

/**
 * The order of a shutdown. `announce`: readiness fails, every request is still served, the load balancer turns away.
 * `drain`: the listeners close, what was begun is finished. `workers`: queues and schedulers. `pools`: databases and
 * caches. `telemetry`: logs, traces and metrics leave the process last.
 */
export const phases = ['announce', 'drain', 'workers', 'pools', 'telemetry'] as const;

export type Phase = (typeof phases)[number];

export type LifecyclePhase = 'running' | Phase | 'stopped';

/** How long each phase may take. */
export interface PhaseDeadlines {
  /** How long traffic may keep arriving before the listeners close all the same. @defaultValue '12s' */
  readonly announce?: DurationInput;
  /** How long requests and `busy` work may take to finish after that. @defaultValue '8s' */
  readonly drain?: DurationInput;
  /** @defaultValue '3s' */
  readonly workers?: DurationInput;
  /** @defaultValue '3s' */
  readonly pools?: DurationInput;
  /** @defaultValue '2s' */
  readonly telemetry?: DurationInput;
}

export type PhaseMs = Readonly<Record<Phase, number>>;

/**
 * The state of a crashed process is unknown, and process-events ends it after 1.5 s: the phases share less than that. The
 * load balancer is not waited for.
 */
export const crashTimes = {
  deadlines: { announce: 0, drain: 500, workers: 200, pools: 300, telemetry: 300 } satisfies PhaseMs,
  quietMs: 0,
  graceMs: 100,
} as const;

const readDeadlines = optionsOf<PhaseDeadlines>('createHealth shutdown.deadlines', {
  announce: true,
  drain: true,
  workers: true,
  pools: true,
  telemetry: true,
});

/** The defaults sum up to 28 s: a Kubernetes pod is killed after 30 (terminationGracePeriodSeconds). */
export function phaseDeadlines(given: PhaseDeadlines = {}): PhaseMs {
  const {
    announce = '12s',
    drain = '8s',
    workers = '3s',
    pools = '3s',
    telemetry = '2s',
  } = readDeadlines(given);
  return {
    announce: parseDuration(announce),
    drain: parseDuration(drain),
    workers: parseDuration(workers),
    pools: parseDuration(pools),
    telemetry: parseDuration(telemetry),
  };
}
