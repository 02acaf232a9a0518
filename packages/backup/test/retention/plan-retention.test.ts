import {
  formatRetentionPlan,
  planRetention,
  type RetainableBackup,
  type RetentionPlan,
  type RetentionPolicy,
  retentionPresets,
} from '@seaworthy/backup';
import { size } from '@seaworthy/testkit';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { listings, policies } from './histories.js';

vi.setConfig({ testTimeout: size({ test: 60_000, soak: 600_000 }) });

const day = 86_400_000;
const now = Date.UTC(2026, 10, 22, 5);

function backup(daysAgo: number, facts: Partial<RetainableBackup> = {}): RetainableBackup {
  return {
    id: `day-${daysAgo}`,
    madeAt: now - daysAgo * day,
    isGood: true,
    verified: [],
    sources: ['db'],
    ...facts,
  };
}

function ids(plan: RetentionPlan, action: 'keep' | 'remove'): readonly string[] {
  return plan.decisions.filter((decision) => decision.action === action).map(({ id }) => id);
}

function reasons(plan: RetentionPlan, id: string): readonly string[] {
  return plan.decisions.find((decision) => decision.id === id)?.reasons ?? [];
}

const daily = (days: number, facts: (daysAgo: number) => Partial<RetainableBackup> = () => ({})) =>
  Array.from({ length: days }, (_, daysAgo) => backup(daysAgo, facts(daysAgo)));

describe('planRetention', () => {
  it.each([
    ['kpi', 30],
    ['kpi-comprehensive', 7],
  ] as const)(
    '[row 95] the preset %s keeps %i days, and the last good set even when all newer failed',
    (preset, days) => {
      const well = planRetention(daily(60), retentionPresets[preset], { now });
      expect(ids(well, 'keep')).toEqual(daily(days).map(({ id }) => id));
      expect(ids(well, 'remove')).toHaveLength(60 - days);

      const allNewerFailed = daily(120, (daysAgo) => ({ isGood: daysAgo >= 90 }));
      const broken = planRetention(allNewerFailed, retentionPresets[preset], { now });
      expect(ids(broken, 'remove').every((id) => Number(id.slice(4)) >= 90 + days)).toBe(true);
      expect(ids(broken, 'keep')).toEqual(expect.arrayContaining(['day-90', 'day-91']));
      expect(reasons(broken, 'day-90')).toContain('newest good');
      expect(reasons(broken, 'day-0')).toEqual(['not good: left for you to look at']);
    },
  );

  it('the preset crm keeps a backup of each of 7 days, 5 weeks and 12 months', () => {
    const plan = planRetention(daily(800), retentionPresets.crm, { now });
    const kept = plan.decisions.filter(({ action }) => action === 'keep');
    const of = (rule: string) => kept.filter((one) => one.reasons.some((why) => why.startsWith(rule))).length;
    expect([of('daily'), of('weekly'), of('monthly')]).toEqual([7, 5, 12]);
    expect(reasons(plan, 'day-0')).toEqual([
      'newest good',
      'daily 2026-11-22',
      'weekly 2026-W47',
      'monthly 2026-11',
    ]);
  });

  it('the newest verified backup of a source stays though another source of it failed its drill, and counts for no good one', () => {
    const sources = ['db', 'files'];
    const backups = daily(100, (daysAgo) =>
      daysAgo === 90
        ? { sources, isGood: false, verified: ['files'] }
        : { sources, verified: daysAgo === 95 ? sources : [] },
    );
    const plan = planRetention(backups, { keepLast: 1, minGood: 3 }, { now });
    expect(reasons(plan, 'day-90')).toEqual(['files: newest verified']);
    expect(reasons(plan, 'day-95')).toContain('db: newest verified');
    expect(ids(plan, 'keep')).toEqual(['day-0', 'day-1', 'day-90', 'day-95']);
  });

  it('a month without backups, or with failed ones, removes nothing more', () => {
    const before = daily(20);
    const kept = ids(planRetention(before, { keepDays: 7 }, { now }), 'keep');
    const rest = before.filter(({ id }) => kept.includes(id));
    const later = planRetention(rest, { keepDays: 7 }, { now: now + 400 * day });
    expect(ids(later, 'remove')).toEqual([]);
  });

  it('keeps the newest verified backup however old it is', () => {
    const plan = planRetention(
      daily(400, (daysAgo) => ({ verified: daysAgo > 300 ? ['db'] : [] })),
      { daily: 3 },
      { now },
    );
    expect(ids(plan, 'keep')).toEqual(['day-0', 'day-1', 'day-2', 'day-301']);
    expect(reasons(plan, 'day-301')).toEqual(['newest verified']);
  });

  it('keeps two good backups when nothing else is asked for', () => {
    const plan = planRetention([backup(1), backup(30), backup(60)], { keepDays: 7 }, { now });
    expect(ids(plan, 'keep')).toEqual(['day-1', 'day-30']);
    expect(reasons(plan, 'day-30')).toEqual(['to have 2 good ones']);
  });

  it('removes nothing when a backup is newer than now', () => {
    const listing = [...daily(60), backup(-1, { id: 'tomorrow' })];
    const plan = planRetention(listing, { keepDays: 7 }, { now });
    expect(ids(plan, 'remove')).toEqual([]);
    expect(plan.halted).toContain('a clock is or was wrong');
    expect(formatRetentionPlan(plan)).toContain('Halted: ');
  });

  it('a backup that is not good counts for nothing and goes 30 days before its replacement', () => {
    const bad = { isGood: false };
    const listing = [
      backup(0, bad),
      backup(1),
      backup(2, bad),
      backup(3),
      backup(30, bad),
      backup(32, bad),
      backup(50, { ...bad, madeAt: undefined, id: 'unreadable' }),
    ];
    const plan = planRetention(listing, { keepLast: 2 }, { now });
    expect(ids(plan, 'remove')).toEqual(['day-32']);
    expect(reasons(plan, 'unreadable')[0]).toContain('remove it by hand');
    expect(ids(plan, 'keep').at(-1)).toBe('unreadable');
  });

  it('each source has a history of its own, so that a nightly dump of one does not push out the weekly whole', () => {
    const nightly = daily(40, () => ({ sources: ['db'] }));
    const whole = [3, 10, 17, 24].map((daysAgo) =>
      backup(daysAgo + 0.1, { id: `whole-${daysAgo}`, sources: ['db', 'files'] }),
    );
    const plan = planRetention([...nightly, ...whole], { daily: 3, minGood: 1 }, { now });
    expect(ids(plan, 'keep')).toEqual(['day-0', 'day-1', 'day-2', 'whole-3', 'whole-10', 'whole-17']);
    expect(reasons(plan, 'whole-3')).toEqual(['files: newest good', 'files: daily 2026-11-19']);
  });

  it('days are those of UTC', () => {
    const lateEvening = backup(0, { id: 'late', madeAt: Date.UTC(2026, 10, 21, 23, 59, 59, 999) });
    const midnight = backup(0, { id: 'midnight', madeAt: Date.UTC(2026, 10, 22) });
    const plan = planRetention([lateEvening, midnight], { daily: 7 }, { now });
    expect(plan.timeZone).toBe('UTC');
    expect(reasons(plan, 'late')).toEqual(['daily 2026-11-21']);
    expect(reasons(plan, 'midnight')).toContain('daily 2026-11-22');
  });

  it('weeks are those of ISO 8601, at the turn of a year as well', () => {
    const at = (iso: string) => backup(0, { id: iso, madeAt: Date.parse(`${iso}T12:00:00Z`) });
    const listing = ['2019-12-30', '2020-12-31', '2021-01-03', '2021-01-04', '2024-12-30'].map(at);
    const plan = planRetention(listing, { weekly: 10 }, { now });
    const week = (id: string) => reasons(plan, id).find((why) => why.startsWith('weekly'));
    expect(week('2019-12-30')).toContain('2020-W01');
    expect(week('2021-01-03')).toContain('2020-W53');
    expect(week('2020-12-31')).toBeUndefined();
    expect(week('2021-01-04')).toContain('2021-W01');
    expect(week('2024-12-30')).toContain('2025-W01');
  });

  it('prints a line for every backup, with what happens and why', () => {
    const plan = planRetention(daily(3), { keepLast: 1, minGood: 1 }, { now });
    expect(formatRetentionPlan(plan)).toBe(
      [
        'Retention at 2026-11-22T05:00:00.000Z (UTC): keepLast 1, minGood 1',
        'keep    day-0  2026-11-22T05:00:00.000Z  newest good; one of the last 1',
        'remove  day-1  2026-11-21T05:00:00.000Z  no rule wants it',
        'remove  day-2  2026-11-20T05:00:00.000Z  no rule wants it',
        '1 to keep, 2 to remove.',
        '',
      ].join('\n'),
    );
  });

  it.each<[RetentionPolicy, RegExp]>([
    [{}, /at least one rule/],
    [{ daily: 0, minGood: 5 }, /at least one rule/],
    [{ daily: -1 }, /"daily" must be a whole number/],
    [{ keepDays: 1.5 }, /"keepDays" must be a whole number/],
    [{ weekly: Number.POSITIVE_INFINITY }, /"weekly" must be a whole number/],
    // @ts-expect-error a misspelt rule
    [{ dayly: 7 }, /Did you mean "daily"/],
  ])('refuses the policy %o', (policy, message) => {
    expect(() => planRetention([], policy, { now })).toThrow(message);
  });
});

describe('whatever was listed, under whatever policy', () => {
  const numRuns = size({ test: 300, soak: 10_000 });
  const anyPolicy = fc
    .tuple(policies, fc.integer({ min: 0, max: 5 }))
    .map(([policy, minGood]) => ({ ...policy, minGood }));

  it('the newest good and the newest verified backup of every source stay, and so do as many good ones as the policy demands', () => {
    fc.assert(
      fc.property(listings, anyPolicy, (listing, policy) => {
        const plan = planRetention(listing, policy, { now });
        const kept = new Set(ids(plan, 'keep'));
        for (const source of ['db', 'files', 'redis']) {
          const good = listing
            .filter((one) => one.isGood && one.sources.includes(source))
            .toSorted((a, b) => (b.madeAt ?? 0) - (a.madeAt ?? 0));
          const [newest] = good;
          const verified = good.find((one) => one.verified.includes(source));
          if (newest !== undefined) expect(kept).toContain(newest.id);
          if (verified !== undefined) expect(kept).toContain(verified.id);
          expect(good.filter(({ id }) => kept.has(id)).length).toBeGreaterThanOrEqual(
            Math.min(policy.minGood, good.length),
          );
        }
      }),
      { numRuns },
    );
  });

  it('every backup has one decision and a reason, and none whose time is unknown goes', () => {
    fc.assert(
      fc.property(listings, anyPolicy, (listing, policy) => {
        const plan = planRetention(listing, policy, { now });
        expect(plan.decisions.map(({ id }) => id).toSorted()).toEqual(listing.map(({ id }) => id).toSorted());
        for (const { madeAt, action, reasons: why } of plan.decisions) {
          expect(why.length).toBeGreaterThan(0);
          if (madeAt === undefined) expect(action).toBe('keep');
        }
      }),
      { numRuns },
    );
  });

  it('bad backups change nothing for the good ones', () => {
    fc.assert(
      fc.property(listings, anyPolicy, (listing, policy) => {
        const good = listing.filter(({ isGood }) => isGood);
        const keptOf = (backups: readonly RetainableBackup[]) => {
          const kept = new Set(ids(planRetention(backups, policy, { now }), 'keep'));
          return good.filter(({ id }) => kept.has(id)).map(({ id }) => id);
        };
        expect(keptOf(listing)).toEqual(keptOf(good));
      }),
      { numRuns },
    );
  });

  it('what one prune leaves, the next one leaves too, however much time passes', () => {
    fc.assert(
      fc.property(listings, anyPolicy, fc.nat({ max: 4_000 }), (listing, policy, days) => {
        const kept = new Set(ids(planRetention(listing, policy, { now }), 'keep'));
        const rest = listing.filter(({ id }) => kept.has(id));
        const next = planRetention(rest, policy, { now: now + days * day });
        expect(ids(next, 'remove')).toEqual([]);
      }),
      { numRuns },
    );
  });

  it('a clock that went back removes nothing', () => {
    fc.assert(
      fc.property(listings, anyPolicy, fc.integer({ min: 1, max: 10_000 * day }), (listing, policy, back) => {
        const newest = Math.max(...listing.map(({ madeAt }) => madeAt ?? 0));
        fc.pre(newest > 0);
        const plan = planRetention(listing, policy, { now: newest - back });
        expect(ids(plan, 'remove')).toEqual([]);
      }),
      { numRuns },
    );
  });

  it('the order of the listing changes nothing, and any other difference changes the fingerprint', () => {
    fc.assert(
      fc.property(
        listings.chain((listing) => fc.tuple(fc.constant(listing), fc.shuffledSubarray([...listing]))),
        anyPolicy,
        ([listing, part], policy) => {
          const plan = planRetention(listing, policy, { now });
          const other = planRetention(part, policy, { now });
          expect(other.fingerprint === plan.fingerprint).toBe(part.length === listing.length);
          if (part.length === listing.length) expect(other).toEqual(plan);
          const stricter = planRetention(listing, { ...policy, keepLast: policy.keepLast + 1 }, { now });
          expect(stricter.fingerprint).not.toBe(plan.fingerprint);
        },
      ),
      { numRuns },
    );
  });
});
