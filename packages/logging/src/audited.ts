import { activeContext } from './log-context.js';

/** By the trace of their request, which nested contexts share. */
const outcomes = new WeakMap<object, string>();

/** Notes that the running request has an audit record. */
export function noteRecorded(outcome: string): void {
  const trace = activeContext()?.trace;
  if (trace !== undefined) outcomes.set(trace, outcome);
}

/** The outcome that was recorded last in a request, if any was. */
export function recordedIn(trace: object): string | undefined {
  return outcomes.get(trace);
}
