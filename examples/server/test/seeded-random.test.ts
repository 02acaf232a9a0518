import { describe, expect, it } from 'vitest';
import { seededId, seededRandom } from '../src/seeded-random.js';

describe('seeded data', () => {
  it('gives the same numbers for the same seed and others for another', () => {
    const draw = (seed: number): number[] => {
      const random = seededRandom(seed);
      return Array.from({ length: 5 }, () => random.whole(1, 1_000));
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(draw(7).every((value) => value >= 1 && value <= 1_000)).toBe(true);
  });

  it('gives a name one id in the form of a UUID', () => {
    expect(seededId('user 1')).toBe(seededId('user 1'));
    expect(seededId('user 1')).not.toBe(seededId('user 2'));
    expect(seededId('user 1')).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });
});
