import { describe, expect, test } from 'vitest';
import { createRedactor } from '../src/redaction/redactor.js';
import { plainRedactor } from '../src/sentry/plain-redactor.js';
import { redactEnvelope } from '../src/sentry/redact-envelope.js';

const redactor = createRedactor({ keys: ['nationalId'], hash: { keys: ['userId'], key: 'k'.repeat(32) } });

/** The payload of one item behind the redaction. */
function redacted(type: string, payload: unknown): unknown {
  const [, items] = redactEnvelope([{}, [[{ type }, payload]]], redactor);
  return items.map(([, json]) => JSON.parse(String(json)))[0];
}

describe('an envelope', () => {
  test.each(['event', 'transaction', 'feedback', 'check_in', 'profile', 'a kind of next year'])(
    'of %s goes out without secrets',
    (type) => {
      const payload = {
        event_id: 'f44750a3407a46239785e00832aef9d4',
        nationalId: '1',
        deep: [{ password: '2', note: 'token=3' }],
      };
      expect(redacted(type, payload)).toEqual({
        event_id: payload.event_id,
        nationalId: '[redacted]',
        deep: [{ password: '[redacted]', note: 'token=[redacted]' }],
      });
    },
  );

  test.each([
    ['bytes', new Uint8Array([1, 2, 3])],
    ['a text', 'password=1'],
    ['a list', ['password=1']],
    ['nothing', null],
  ])('leaves out what cannot be read: %s', (_what, payload) => {
    expect(redactEnvelope([{}, [[{ type: 'attachment' }, payload]]], redactor)).toEqual([{}, []]);
  });

  test.each(['span', 'log', 'trace_metric'])(
    'of %ss keeps the types of attributes, and no secret',
    (type) => {
      const attributes = {
        count: { value: 3, type: 'integer' },
        pin: { value: 1234, type: 'integer' },
        'http.request.header.cookie': { value: ['a=1'], type: 'array' },
        'url.full': { value: 'http://shop.example.test/a?plain=1', type: 'string' },
        userId: { value: 'ada', type: 'string' },
      };
      expect(redacted(type, { version: 2, items: [{ body: 'Bearer abcdefgh1', attributes }] })).toEqual({
        version: 2,
        items: [
          {
            body: 'Bearer [redacted]',
            attributes: {
              count: { value: 3, type: 'integer' },
              pin: { value: '[redacted]', type: 'string' },
              'http.request.header.cookie': { value: '[redacted]', type: 'string' },
              'url.full': { value: 'http://shop.example.test/a', type: 'string' },
              userId: { value: expect.stringMatching(/^[\w:-]{8,}$/), type: 'string' },
            },
          },
        ],
      });
    },
  );

  test('keeps what Sentry counts by, and the names of packages', () => {
    expect(redacted('session', { sid: 'abc', did: 'ada@example.test', init: true })).toEqual({
      sid: 'abc',
      did: '[redacted]',
      init: true,
    });
    expect(redacted('event', { modules: { cookie: '1.0.2' } })).toEqual({ modules: { cookie: '1.0.2' } });
    const report = { discarded_events: [{ reason: 'queue_overflow', category: 'error', quantity: 3 }] };
    expect(redacted('client_report', report)).toEqual(report);
  });

  test('names no secret in its headers', () => {
    const headers = { event_id: 'a', trace: { public_key: 'public', transaction: 'GET /a?token=1' } };
    expect(redactEnvelope([headers, []], redactor)[0]).toEqual({
      event_id: 'a',
      trace: { public_key: 'public', transaction: 'GET /a?token=[redacted]' },
    });
  });
});

test("in a page, a payload's own way to become JSON, its numbers and its circles are no way out", () => {
  const circle: Record<string, unknown> = { token: 'secret-1' };
  circle.self = [circle, { circle }];
  const payload = {
    tags: { toJSON: () => ({ password: 'secret-2' }) },
    count: 12n,
    circle,
    again: [{ same: 1 }, { same: 1 }],
  };
  const [, [[, json] = []]] = redactEnvelope([{}, [[{ type: 'event' }, payload]]], plainRedactor({}));
  expect(JSON.parse(String(json))).toEqual({
    tags: {},
    count: '12',
    circle: { token: '[redacted]', self: ['[circular]', { circle: '[circular]' }] },
    again: [{ same: 1 }, { same: 1 }],
  });
});
