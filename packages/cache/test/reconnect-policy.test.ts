import { reconnectPolicy } from '@seaworthy/cache';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

describe('reconnectPolicy', () => {
  it('waits min(attempt * 100, 3000) ms ten times and then gives up', () => {
    const policy = reconnectPolicy();
    const waits = Array.from({ length: 11 }, (_, index) => policy(index + 1, 0));
    expect(waits).toEqual([100, 200, 300, 400, 500, 600, 700, 800, 900, 1_000, undefined]);
  });

  it('never waits longer than 3 s, however many attempts it is allowed', () => {
    const policy = reconnectPolicy({ attempts: 1_000 });
    expect([policy(29, 0), policy(30, 0), policy(31, 0), policy(1_000, 0)]).toEqual([
      2_900, 3_000, 3_000, 3_000,
    ]);
  });

  it('gives up one hour after the loss, whatever attempts are left', () => {
    const policy = reconnectPolicy({ attempts: 1_000 });
    expect(policy(2, 3_599_999)).toBe(200);
    expect(policy(2, 3_600_000)).toBeUndefined();
  });

  it('never waits longer for an earlier attempt than for a later one', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 999 }),
        fc.nat(10_000),
        fc.nat(10_000),
        (attempt, step, maxDelay) => {
          const policy = reconnectPolicy({ attempts: 1_000, step, maxDelay });
          expect(policy(attempt, 0) ?? 0).toBeLessThanOrEqual(policy(attempt + 1, 0) ?? 0);
          expect(policy(attempt, 0) ?? 0).toBeLessThanOrEqual(maxDelay);
        },
      ),
    );
  });

  it('names the nearest option when one is misspelt', () => {
    // @ts-expect-error: a caller without types
    expect(() => reconnectPolicy({ atempts: 3 })).toThrow('Did you mean "attempts"?');
  });
});
