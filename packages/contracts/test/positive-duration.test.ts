import { describe, expect, it } from 'vitest';
import { positiveDuration } from '../src/positive-duration.js';

describe('positiveDuration', () => {
  it.each([
    ['30s', 30_000],
    [1, 1],
    [0.5, 0.5],
  ])('takes %s', (given, ms) => {
    expect(positiveDuration('connectQueue', 'timeout', given)).toBe(ms);
  });

  it.each(['soon', '30', '1M', -1, Number.NaN])(
    'says which option it is that %s is no duration for',
    (given) => {
      expect(() => positiveDuration('connectQueue', 'timeout', given)).toThrow(
        expect.objectContaining({
          code: 'INVALID_DURATION',
          message: expect.stringMatching(
            /^connectQueue: option "timeout": Invalid duration: .*Write for example/,
          ),
        }),
      );
    },
  );

  it.each([0, '0ms'])('refuses %s, and names the option', (given) => {
    expect(() => positiveDuration('connectQueue', 'timeout', given)).toThrow(
      /connectQueue.*timeout.*longer than 0/s,
    );
  });
});
