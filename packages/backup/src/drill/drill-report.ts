import type { TableDifference } from './compare-contents.js';

export interface InvariantResult {
  readonly name: string;
  readonly passed: boolean;
  /** What it rejected with, cut at 500 characters. */
  readonly error?: string;
}

/** What a drill of one source came to. It is kept beside the manifest, as `note-drill-….json`. */
export interface DrillReport {
  readonly format: 'seaworthy-drill';
  readonly version: 1;
  /** The backup's id. */
  readonly backup: string;
  readonly source: string;
  readonly outcome: 'passed' | 'failed';
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly completedAt: string;
  /** Reading, checking, decrypting and loading, index builds included; absent when it did not get so far. */
  readonly restoreMs?: number;
  /** What the restored tables were held against; `nothing` when the source was told not to look. */
  readonly compared: 'hash' | 'rows' | 'nothing';
  readonly tables: number;
  readonly rows: number;
  /** The first hundred. */
  readonly differences: readonly TableDifference[];
  readonly invariants: readonly InvariantResult[];
  /** Why nothing was restored: `BACKUP_CORRUPT`, `RESTORE_FAILED`. */
  readonly error?: { readonly code: string; readonly message: string };
}

export interface DrillSubject {
  /** The backup's id. */
  readonly backup: string;
  readonly source: string;
  /** Milliseconds since the epoch, as `completedAt`. */
  readonly startedAt: number;
  readonly completedAt: number;
}

/** A report of what was found; without anything it is that of a drill that failed. */
export function drillReport(
  { backup, source, startedAt, completedAt }: DrillSubject,
  found: Partial<DrillReport>,
): DrillReport {
  return {
    format: 'seaworthy-drill',
    version: 1,
    backup,
    source,
    outcome: 'failed',
    startedAt: new Date(startedAt).toISOString(),
    completedAt: new Date(completedAt).toISOString(),
    compared: 'nothing',
    tables: 0,
    rows: 0,
    differences: [],
    invariants: [],
    ...found,
  };
}

/** Why it failed, in a line for people. */
export function whyFailed({ error, differences, invariants }: DrillReport): string {
  if (error !== undefined) return error.message;
  const tables = differences.map(({ table, kind, expected, found }) =>
    kind === 'rows' ? `${table} has ${found} rows instead of ${expected}` : `${table}: ${kind}`,
  );
  const broken = invariants.filter(({ passed }) => !passed).map(({ name }) => `"${name}" does not hold`);
  return `${[...tables, ...broken].slice(0, 5).join('; ')}.`;
}
