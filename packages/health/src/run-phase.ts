import { type Clock, withDeadline } from '@seaworthy/contracts';
import type { Phase } from './phase.js';

/** Something that must be done in a phase, or waited for. */
export interface PhaseTask {
  readonly name: string;
  readonly timeoutMs: number;
  run(signal: AbortSignal): unknown;
  /** What exactly blocks, when the task waits for several things. @defaultValue its name */
  pending?(): readonly string[];
}

export interface PhaseReport {
  readonly phase: Phase;
  readonly durationMs: number;
  /** What had not finished when its time was up: `request GET /slow`, `work nightly report`, `hook queue`. */
  readonly pending: readonly string[];
  /** What finished by throwing. */
  readonly failed: readonly { readonly name: string; readonly error: unknown }[];
}

/** Runs the tasks of one phase side by side, each within its time, and tells what did not end well. Never rejects. */
export async function runPhase(
  phase: Phase,
  tasks: readonly PhaseTask[],
  clock: Clock,
): Promise<PhaseReport> {
  const startedAt = clock.monotonic();
  const pending: string[] = [];
  const failed: { name: string; error: unknown }[] = [];

  async function runTask(task: PhaseTask): Promise<void> {
    let outOfTime = false;
    try {
      await withDeadline(
        (signal) => {
          signal.addEventListener(
            'abort',
            () => {
              outOfTime = true;
              pending.push(...(task.pending?.() ?? [task.name]));
            },
            { once: true },
          );
          return task.run(signal);
        },
        { timeoutMs: task.timeoutMs, what: task.name, clock },
      );
    } catch (error) {
      if (!outOfTime) failed.push({ name: task.name, error });
    }
  }

  await Promise.all(tasks.map(runTask));
  return { phase, durationMs: clock.monotonic() - startedAt, pending, failed };
}
