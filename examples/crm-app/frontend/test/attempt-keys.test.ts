import { expect, it } from 'vitest';
import { createAttemptKeys } from '../src/money/attempt-keys.js';

it('keeps the key while the same payment is tried again, and takes a new one when it was changed', () => {
  let made = 0;
  const keyOf = createAttemptKeys(() => `key-${++made}`);
  expect(keyOf({ amountMinor: 100 })).toBe('key-1');
  expect(keyOf({ amountMinor: 100 })).toBe('key-1');
  expect(keyOf({ amountMinor: 200 })).toBe('key-2');
  expect(keyOf({ amountMinor: 100 })).toBe('key-3');
});

it('makes keys that are long and never the same', () => {
  const keys = new Set(Array.from({ length: 100 }, () => createAttemptKeys()({})));
  expect(keys.size).toBe(100);
  for (const key of keys) expect(key).toMatch(/^[0-9a-f]{32}$/);
});
