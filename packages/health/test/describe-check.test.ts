import { expect, test } from 'vitest';
import { describeCheck, describeError } from '../src/describe-check.js';

function observed(value: unknown): unknown {
  const snapshot = {
    name: 'db',
    kind: 'remote',
    critical: true,
    status: 'pass',
    sinceMs: 0,
    checkedAtMs: 0,
    durationMs: 1.234,
    failures: 0,
    observed: value,
    error: undefined,
    hung: false,
  } as const;
  return describeCheck(snapshot, undefined).observed;
}

class Result {
  readonly rows = [{ password: 'canary' }];
}

test('shows plain figures and never the object that a driver answered with', () => {
  expect(observed({ idle: 3, waiting: 0 })).toEqual({ idle: 3, waiting: 0 });
  expect(observed('PONG')).toBe('PONG');
  expect(observed(new Result())).toBeUndefined();
});

test('shows nothing instead of failing for figures that have no JSON or too much of it', () => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  const throwing = Object.defineProperty({}, 'x', {
    enumerable: true,
    get() {
      throw new Error('no');
    },
  });
  for (const value of [circular, throwing, { size: 1n }, { text: 'x'.repeat(10_000) }, () => undefined]) {
    expect(observed(value)).toBeUndefined();
  }
});

test('tells code and message of an error, bounded, and nothing of its stack, cause and properties', () => {
  const error = Object.assign(new Error('x'.repeat(10_000), { cause: 'canary' }), {
    code: 'EX',
    password: 'canary',
  });
  expect(describeError(error, undefined)).toEqual({ code: 'EX', message: 'x'.repeat(500) });
  expect(describeError('canary', undefined)).toEqual({ message: 'not an Error' });
});

test('finds the message of a refused connection to several addresses', () => {
  const error = Object.assign(new AggregateError([new Error('connect ECONNREFUSED ::1:1')]), {
    code: 'ECONNREFUSED',
  });
  expect(describeError(error, undefined)).toEqual({
    code: 'ECONNREFUSED',
    message: 'connect ECONNREFUSED ::1:1',
  });
});

test('passes causes and figures through the redactor', () => {
  const redactor = { redact: () => ({ user: '[redacted]' }), redactText: () => '[redacted]' };
  expect(describeError(new Error('canary'), redactor)).toEqual({ message: '[redacted]' });
});

test('tells something of whatever was thrown, and never throws itself', () => {
  const saying = (message: unknown): Error =>
    Object.defineProperty(new Error(), 'message', { value: message });
  const throwing = Object.defineProperty(new Error(), 'message', {
    get() {
      throw new Error('no');
    },
  });
  const { proxy, revoke } = Proxy.revocable(new Error('gone'), {});
  revoke();
  for (const error of [
    saying(undefined),
    saying({ reason: 'an object' }),
    saying(7),
    throwing,
    proxy,
    null,
    'text',
  ]) {
    expect(describeError(error, undefined).message).toEqual(expect.any(String));
  }
});
