import type { HealthView } from '../health-view.js';

/** The shape of the JSON: the draft standard's, the CRM guide's or the KPI guide's. */
export type FormatName = 'health+json' | 'flat' | 'nested';

export interface Format {
  readonly contentType: string;
  /** @param describe - Present only for whom `details` allows: what operators see of a check. */
  body(view: HealthView, describe: Describe | undefined): object;
}

/** What operators see of one check beyond its status word. */
export type Describe = (check: HealthView['checks'][number]) => CheckDetails;

export interface CheckDetails {
  readonly kind: string;
  readonly critical: boolean;
  readonly since: string;
  readonly checkedAt?: string;
  readonly durationMs?: number;
  readonly failures: number;
  readonly hung: boolean;
  readonly observed?: unknown;
  readonly error?: { readonly code?: string; readonly message: string };
}
