/**
 * Resolves when the thing works and rejects when it does not; must stop on `signal`.
 * What it resolves to is shown to operators only, and may be a {@link Degraded}.
 */
export type Probe = (signal: AbortSignal) => Promise<unknown>;

/** A probe's answer for "works, but worse than it should". */
export interface Degraded {
  readonly status: 'degraded';
  /** For operators: what is worse, without addresses or secrets. */
  readonly reason: string;
}

/** `remote` asks something outside the process, which a restart of the process does not mend; `local` looks inside. */
export type CheckKind = 'remote' | 'local';

/** What a package offers to be checked by. Intervals, deadlines and criticality belong to whoever runs it. */
export interface HealthCheck<Kind extends CheckKind = CheckKind> {
  readonly kind: Kind;
  readonly probe: Probe;
}
