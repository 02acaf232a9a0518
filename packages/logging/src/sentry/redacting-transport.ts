import { type EnvelopeRedactor, redactEnvelope } from './redact-envelope.js';
import type { Envelope, SentryTransport, SentryTransportOptions } from './sentry-sdk.js';

/** So many envelopes may be under way at once. Traces end in bursts, each in an envelope of its own. */
export const maxEnvelopes = 256;

/** So many characters may be under way at once. */
const maxCharacters = 8_388_608;

/** What Sentry calls the kinds of items when it counts what was dropped. */
const categories: Readonly<Record<string, string>> = {
  event: 'error',
  transaction: 'transaction',
  span: 'span',
  log: 'log_item',
  trace_metric: 'trace_metric',
  session: 'session',
  sessions: 'session',
  check_in: 'monitor',
};

/**
 * The one door to Sentry: whatever goes out is redacted here, and bounded. What does not fit, or cannot be redacted, is dropped, and
 * Sentry is told how much with the next client report.
 */
export function redactingTransport(
  inner: SentryTransport,
  redactor: EnvelopeRedactor,
  recordDroppedEvent: SentryTransportOptions['recordDroppedEvent'],
): SentryTransport {
  let envelopes = 0;
  let characters = 0;

  function drop([, items]: Envelope, reason = 'queue_overflow'): object {
    for (const [{ type, item_count: count }] of items) {
      if (type === 'client_report') continue;
      recordDroppedEvent(reason, categories[type] ?? 'default', typeof count === 'number' ? count : 1);
    }
    return {};
  }

  return {
    async send(envelope) {
      // Asked before the work: while an ingest hangs, one event more costs next to nothing.
      if (envelopes >= maxEnvelopes || characters >= maxCharacters) return drop(envelope);
      let redacted: Envelope;
      try {
        redacted = redactEnvelope(envelope, redactor);
      } catch {
        return drop(envelope, 'internal_sdk_error');
      }
      if (redacted[1].length === 0) return {};
      const size = redacted[1].reduce((sum, [, payload]) => sum + String(payload).length, 0);
      if (characters + size > maxCharacters) return drop(envelope);
      envelopes += 1;
      characters += size;
      try {
        return await inner.send(redacted);
      } finally {
        envelopes -= 1;
        characters -= size;
      }
    },
    flush: (timeoutMs) => inner.flush(timeoutMs),
  };
}
