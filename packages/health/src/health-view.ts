import type { CheckSnapshot, CheckStatus } from './check-runner.js';
import type { LifecyclePhase } from './phase.js';
import type { StartupSnapshot } from './startup-gate.js';

/** `warn` answers 200 like `pass`: something optional is missing, and requests are served. */
export type HealthStatus = 'pass' | 'warn' | 'fail';

/** Everything that is known, without asking anything: one moment, for operators. */
export interface HealthSnapshot {
  readonly live: boolean;
  readonly ready: boolean;
  readonly started: boolean;
  /** What /health answers: the checks of `report`, the startup and the phase together. */
  readonly status: HealthStatus;
  readonly phase: LifecyclePhase;
  readonly startups: readonly StartupSnapshot[];
  readonly checks: readonly CheckSnapshot[];
}

/** What one answer is made of; a format turns it into a body. */
export interface HealthView {
  /** `health` is the report of all, `check` a single one, `probe` one of /livez, /readyz and /startupz. */
  readonly scope: 'health' | 'check' | 'probe';
  readonly status: HealthStatus;
  readonly checks: readonly CheckSnapshot[];
  readonly phase: LifecyclePhase;
  readonly startups: readonly StartupSnapshot[];
  readonly nowMs: number;
  readonly uptimeSeconds: number;
  readonly version: string | undefined;
  readonly environment: string | undefined;
}

/** One check's own word: whoever asks about Redis wants to know about Redis, however optional it is. */
export function statusOf(check: { readonly status: CheckStatus }): HealthStatus {
  return check.status === 'pending' ? 'fail' : check.status;
}

/** All together: only a critical check that fails is a failure, anything else that is not well is a warning. */
export function combined(checks: readonly CheckSnapshot[]): HealthStatus {
  let status: HealthStatus = 'pass';
  for (const check of checks) {
    const own = statusOf(check);
    if (own === 'fail' && check.critical) return 'fail';
    if (own !== 'pass') status = 'warn';
  }
  return status;
}
