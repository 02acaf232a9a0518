import type { RetainableBackup, RetentionPolicy } from '@seaworthy/backup';
import fc from 'fast-check';

const minute = 60_000;
const day = 24 * 60 * minute;

/** Distances between one backup and the next: bursts, hourly, nightly with jitter, weekly, and long silences. */
const step = fc.oneof(
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 120 * minute }) },
  { weight: 5, arbitrary: fc.integer({ min: day - 90 * minute, max: day + 90 * minute }) },
  { weight: 1, arbitrary: fc.constant(day) },
  { weight: 2, arbitrary: fc.integer({ min: 6 * day, max: 8 * day }) },
  { weight: 1, arbitrary: fc.integer({ min: 20 * day, max: 500 * day }) },
);

/** Moments of 1 to 100 backups, each later than the one before, all of them past. */
export const moments: fc.Arbitrary<readonly number[]> = fc
  .tuple(
    fc.integer({ min: Date.UTC(1995, 0, 1), max: Date.UTC(2006, 0, 1) }),
    fc.array(step, { maxLength: 99, size: 'max' }),
  )
  .map(([start, steps]) => {
    const at = [start];
    for (const distance of steps) {
      const next = (at.at(-1) ?? start) + distance;
      if (next < Date.UTC(2026, 0, 1)) at.push(next);
    }
    return at;
  });

const count = fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 14 }));

/** Policies that keep something; `minGood: 1` adds nothing to what the rules say. */
export const policies: fc.Arbitrary<Required<RetentionPolicy>> = fc
  .record({
    keepLast: count,
    keepDays: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 90 })),
    hourly: count,
    daily: count,
    weekly: count,
    monthly: count,
    yearly: count,
    minGood: fc.constant(1),
  })
  .filter(({ minGood: _floor, ...rules }) => Object.values(rules).some((number) => number > 0));

/** Listings with failed, unreadable, partial and verified backups. */
export const listings: fc.Arbitrary<readonly RetainableBackup[]> = moments.chain((at) =>
  fc
    .array(
      fc.record({
        isGood: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.boolean()),
        verified: fc.subarray(['db', 'files', 'redis']),
        isDated: fc.oneof({ weight: 12, arbitrary: fc.constant(true) }, fc.boolean()),
        sources: fc.oneof(
          { weight: 3, arbitrary: fc.constant(['db']) },
          fc.subarray(['db', 'files', 'redis'], { minLength: 1 }),
        ),
      }),
      { minLength: at.length, maxLength: at.length },
    )
    .map((facts) =>
      facts.map(({ isDated, isGood, ...rest }, index) => ({
        ...rest,
        id: `backup-${String(index).padStart(3, '0')}`,
        madeAt: isDated ? at[index] : undefined,
        isGood: isGood && isDated,
      })),
    ),
);
