import { invalidOption, optionsOf } from '@seaworthy/contracts';
import type { Discretion } from '../lines/discretion.js';
import { createJsonWriter } from '../lines/json-writer.js';
import { activeContext } from '../log-context.js';

/** Who did what to what, and how it ended. */
export interface AuditEvent {
  /** What was done: `'customer.update'`, `'login'`, `'report.export'`. */
  readonly action: string;
  /** Who did it: a user's id, or an object with one. `null` for nobody known, as in a failed login. */
  readonly actor: string | number | Readonly<Record<string, unknown>> | null;
  /** To what: `{ type: 'customer', id: 7 }`. */
  readonly target?: string | number | Readonly<Record<string, unknown>>;
  readonly outcome: 'success' | 'failure' | 'denied';
  /** Before and after, secrets taken out: `{ name: { from: 'A', to: 'B' } }`. */
  readonly changes?: Readonly<Record<string, unknown>>;
  /** Anything else: a reason, an address. */
  readonly details?: Readonly<Record<string, unknown>>;
}

const readEvent = optionsOf<AuditEvent>('record', {
  action: true,
  actor: true,
  target: true,
  outcome: true,
  changes: true,
  details: true,
});

/** An audit record is evidence: what it leaves out is lost, so it holds more than a log line. */
const limits = { maxDepth: 16, maxKeys: 1_000, maxStringLength: 65_536, maxLineLength: 262_144 };

/**
 * Makes the function that turns an event into JSON members, redacted and bounded, with the id of the request that it belongs to.
 *
 * @throws OptionsError from that function, for an event that is none.
 */
export function eventWriter(discretion: Discretion): (event: AuditEvent) => string {
  const writer = createJsonWriter(limits, discretion);
  const { steps } = writer;
  return (event) => {
    const { action, actor, target, outcome, changes, details } = readEvent(event);
    if (typeof action !== 'string' || action === '') throw invalidOption('record', 'action', 'a name');
    if (actor === undefined) throw invalidOption('record', 'actor', 'who did it; null for nobody known');
    if (!['success', 'failure', 'denied'].includes(outcome)) {
      throw invalidOption('record', 'outcome', '"success", "failure" or "denied"');
    }
    const state = writer.begin();
    const fields = activeContext()?.fields;
    const parts: ReadonlyArray<readonly [string, unknown]> = [
      ['action', action],
      ['actor', actor],
      ['target', target],
      ['outcome', outcome],
      ['changes', changes],
      ['details', details],
      ['requestId', fields?.requestId],
      ['trace_id', fields?.trace_id],
    ];
    let json = ',';
    for (const [name, value] of parts) json = writer.append(json, steps.named(name), value, state, 1);
    return json.slice(1);
  };
}
