import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { planRetention, type RetainableBackup } from '@seaworthy/backup';
import { describeWith, size } from '@seaworthy/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { moments, policies } from './histories.js';
import { type Restic, resticWith } from './restic.js';

vi.setConfig({ testTimeout: size({ test: 60_000, soak: 600_000 }) });

const histories = new Map(
  fc
    .sample(moments, { numRuns: 40, seed: size({ test: 20_261_122, soak: Date.now() }) })
    .map((at, index) => [`history-${index}`, at] as const),
);
const tried = fc.sample(policies, {
  numRuns: size({ test: 4, soak: 50 }),
  seed: size({ test: 7, soak: Date.now() }),
});

describeWith(['restic'], 'retention beside restic forget --dry-run --json', () => {
  let folder: string;
  let restic: Restic;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'restic-'));
    restic = await resticWith(folder, histories);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it(`keeps the same backups for the same rules, over ${histories.size} histories x ${tried.length} policies`, async () => {
    let compared = 0;
    for (const policy of tried) {
      const verdicts = await restic.forget(policy);
      expect([...verdicts.keys()].toSorted()).toEqual([...histories.keys()].toSorted());
      for (const [name, at] of histories) {
        const plan = planRetention(at.map(backupAt), policy, { now: Date.UTC(2026, 10, 22) });
        const verdict = verdicts.get(name);
        const ours = byMoment(
          plan.decisions
            .filter(({ action }) => action === 'keep')
            .map(({ madeAt = '', reasons }) => [Date.parse(madeAt), reasons.flatMap(asRestic)] as const),
        );
        expect(ours, `${name} of ${restic.version} under ${JSON.stringify(policy)}`).toEqual(
          byMoment(verdict ?? []),
        );
        expect(plan.decisions.filter(({ action }) => action === 'remove')).toHaveLength(
          at.length - ours.size,
        );
        compared += at.length;
      }
    }
    expect(compared).toBeGreaterThan(size({ test: 4_000, soak: 50_000 }));
  });
});

function backupAt(madeAt: number): RetainableBackup {
  return { id: String(madeAt), madeAt, isGood: true, verified: [], sources: ['db'] };
}

/** Our reason in restic's words; those that restic does not have become nothing. */
function asRestic(reason: string): readonly string[] {
  const within = /^within (\d+) days/.exec(reason)?.[1];
  if (within !== undefined) return [`within ${within}d`];
  if (reason.startsWith('one of the last')) return ['last snapshot'];
  const period = /^(hourly|daily|weekly|monthly|yearly) /.exec(reason)?.[1];
  return period === undefined ? [] : [`${period} snapshot`];
}

/** Since 0.16 a count that is not used up also keeps the oldest snapshot of all: we do not, and it is named, so it is left out. */
function byMoment(
  kept: Iterable<readonly [number, readonly string[]]>,
): ReadonlyMap<number, readonly string[]> {
  const shared = new Map<number, readonly string[]>();
  for (const [at, reasons] of kept) {
    const rules = reasons.filter((reason) => !reason.startsWith('oldest ')).toSorted();
    if (rules.length > 0) shared.set(at, rules);
  }
  return shared;
}
