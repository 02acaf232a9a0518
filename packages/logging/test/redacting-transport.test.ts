import { describe, expect, test } from 'vitest';
import { createRedactor } from '../src/redaction/redactor.js';
import type { EnvelopeRedactor } from '../src/sentry/redact-envelope.js';
import { maxEnvelopes, redactingTransport } from '../src/sentry/redacting-transport.js';
import type { Envelope } from '../src/sentry/sentry-sdk.js';

/** A transport whose ingest answers when it is told to. */
function hanging(redactor: EnvelopeRedactor = createRedactor()) {
  const sent: Envelope[] = [];
  const dropped: unknown[][] = [];
  const answers: Array<() => void> = [];
  const transport = redactingTransport(
    {
      send(envelope) {
        sent.push(envelope);
        return new Promise<object>((resolve) => answers.push(() => resolve({})));
      },
      flush: async () => true,
    },
    redactor,
    (...drop) => void dropped.push(drop),
  );
  return { transport, sent, dropped, answers };
}

const event = (note: string): Envelope => [{}, [[{ type: 'event' }, { note }]]];

describe('while an ingest does not answer', () => {
  test('a bounded number of envelopes waits; what comes then is counted, and later ones go out again', async () => {
    const { transport, sent, dropped, answers } = hanging();
    const pending = Array.from({ length: maxEnvelopes }, () => transport.send(event('x')));
    await transport.send(event('one more'));
    await transport.send([{}, [[{ type: 'span', item_count: 7 }, { items: [] }]]]);
    await transport.send([{}, [[{ type: 'client_report' }, {}]]]);
    expect(sent).toHaveLength(maxEnvelopes);
    expect(dropped).toEqual([
      ['queue_overflow', 'error', 1],
      ['queue_overflow', 'span', 7],
    ]);
    for (const answer of answers) answer();
    await Promise.all(pending);
    void transport.send(event('after'));
    await Promise.resolve();
    expect(sent).toHaveLength(maxEnvelopes + 1);
  });

  test('a bounded number of characters waits', async () => {
    const { transport, sent, dropped } = hanging();
    for (let index = 0; index < 20; index += 1) void transport.send(event('x'.repeat(1_000_000)));
    expect(sent).toHaveLength(8);
    expect(dropped).toHaveLength(12);
  });
});

test('an envelope of which nothing is left is not sent', async () => {
  const { transport, sent } = hanging();
  await transport.send([{}, [[{ type: 'attachment' }, new Uint8Array(3)]]]);
  expect(sent).toEqual([]);
});

test('an envelope that cannot be redacted is not sent, and counted', async () => {
  const redact = (): never => {
    throw new Error('a redactor of the service');
  };
  const { transport, sent, dropped } = hanging({ redact, redactText: redact });
  expect(await transport.send(event('x'))).toEqual({});
  expect([sent, dropped]).toEqual([[], [['internal_sdk_error', 'error', 1]]]);
});
