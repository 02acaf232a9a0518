import { type Clock, withDeadline } from '@seaworthy/contracts';
import type { InvariantResult } from './drill-report.js';
import type { DrillDatabase, Invariant } from './drill-setup.js';

export interface CheckInvariantsOptions {
  readonly database: DrillDatabase;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Asks one after the other; a rejection or `false` is a result, and only the end of the drill throws. */
export async function checkInvariants(
  invariants: Readonly<Record<string, Invariant>>,
  options: CheckInvariantsOptions,
): Promise<readonly InvariantResult[]> {
  const results: InvariantResult[] = [];
  for (const [name, invariant] of Object.entries(invariants)) {
    results.push(await checkInvariant(name, invariant, options));
  }
  return results;
}

async function checkInvariant(
  name: string,
  invariant: Invariant,
  { database, timeoutMs, clock }: CheckInvariantsOptions,
): Promise<InvariantResult> {
  const { signal } = database;
  try {
    // It may not listen to its signal, and the drill is over when that aborts all the same.
    const what = `The invariant "${name}"`;
    const answer = await withDeadline(() => invariant(database), { timeoutMs, what, signal, clock });
    return { name, passed: answer !== false };
  } catch (error) {
    signal.throwIfAborted();
    return {
      name,
      passed: false,
      error: String(error instanceof Error ? error.message : error).slice(0, 500),
    };
  }
}
