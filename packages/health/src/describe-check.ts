import type { Redactor } from '@seaworthy/contracts';
import { errorCode } from '@seaworthy/contracts';
import type { CheckSnapshot } from './check-runner.js';
import type { CheckDetails } from './formats/format.js';

/** A cause is for reading, not for dumping. */
const maxMessageChars = 500;
const maxObservedChars = 4_000;

/** What operators see of a check: bounded, redacted when there is a redactor, never a driver's whole result object. */
export function describeCheck(check: CheckSnapshot, redactor: Redactor | undefined): CheckDetails {
  const { kind, critical, failures, hung, durationMs } = check;
  const observed = figures(check.observed, redactor);
  return {
    kind,
    critical,
    since: new Date(check.sinceMs).toISOString(),
    ...(check.checkedAtMs === undefined ? {} : { checkedAt: new Date(check.checkedAtMs).toISOString() }),
    ...(durationMs === undefined ? {} : { durationMs: Math.round(durationMs * 10) / 10 }),
    failures,
    hung,
    ...(observed === undefined ? {} : { observed }),
    ...(check.error === undefined ? {} : { error: describeError(check.error, redactor) }),
  };
}

/** Code and message of whatever was thrown; its stack, properties and cause stay in the process. */
export function describeError(
  error: unknown,
  redactor: Redactor | undefined,
): { readonly code?: string; readonly message: string } {
  const code = errorCode(error);
  const full = messageOf(error);
  const message = (redactor?.redactText(full) ?? full).slice(0, maxMessageChars);
  return typeof code === 'string' ? { code, message } : { message };
}

/** What is no text is none: a message may be anything, and reading it may throw. */
function messageOf(error: unknown): string {
  try {
    if (!(error instanceof Error)) return 'not an Error';
    // An AggregateError, which is what a refused connection to `localhost` throws, has no message of its own.
    const inner: unknown = error instanceof AggregateError ? error.errors[0] : undefined;
    const told: unknown = error.message || Object(inner).message || error.name;
    return typeof told === 'string' ? told : 'an error without a message';
  } catch {
    return 'an error that cannot be read';
  }
}

/** Numbers, short texts and plain objects of them; a class instance is a driver's result and means nothing here. */
function figures(value: unknown, redactor: Redactor | undefined): unknown {
  try {
    if (value === undefined || value === null) return undefined;
    if (typeof value === 'object') {
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype !== Object.prototype && prototype !== null) return undefined;
    }
    const text = JSON.stringify(redactor?.redact(value) ?? value);
    return text === undefined || text.length > maxObservedChars ? undefined : JSON.parse(text);
  } catch {
    return undefined; // circular, a BigInt, a throwing getter: no figures then
  }
}
