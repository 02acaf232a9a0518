import { calendarPeriod, type Period, periods } from './calendar-period.js';
import { listingFingerprint } from './listing-fingerprint.js';
import type { RetainableBackup } from './retainable-backup.js';
import { type RetentionPolicy, type RetentionRules, readRetentionPolicy } from './retention-policy.js';

export interface RetentionDecision {
  readonly id: string;
  /** ISO 8601, UTC; `undefined` when the manifest cannot be read. */
  readonly madeAt: string | undefined;
  readonly action: 'keep' | 'remove';
  /** Why, for people: `daily 2026-11-22`, `newest verified`. Never empty. */
  readonly reasons: readonly string[];
}

/** What retention would do with every backup. It is data: nothing happens until `prune(plan)`. */
export interface RetentionPlan {
  /** When it was made: ISO 8601, UTC. */
  readonly plannedAt: string;
  readonly timeZone: 'UTC';
  readonly policy: RetentionRules;
  /** Of the policy and of the listing that it was made from. `prune` refuses a plan whose listing has changed. */
  readonly fingerprint: string;
  /** Why nothing at all may be removed now; `undefined` when nothing speaks against it. */
  readonly halted: string | undefined;
  /** The newest first; backups whose time nobody knows at the end. */
  readonly decisions: readonly RetentionDecision[];
}

const dayMs = 86_400_000;

/** A backup that turned out to be bad is left for people to look at for so long. */
const badDays = 30;

/**
 * Decides which backups stay, and says why. Pure: the same backups, policy and time give the same plan.
 *
 * Whatever the policy, it removes neither the newest good nor the newest verified backup of a source. Backups that are not good
 * never count: they keep no other from staying, and go 30 days before the newest good one that replaces them. When a backup was
 * made later than `now`, one of the two clocks is wrong, and nothing is removed.
 *
 * @param now - Milliseconds since the epoch.
 * @throws OptionsError as `retention` does.
 *
 * @example
 * const plan = planRetention(entries, { daily: 7, weekly: 5, monthly: 12 }, { now: Date.now() });
 * console.log(formatRetentionPlan(plan));
 */
export function planRetention(
  backups: readonly RetainableBackup[],
  policy: RetentionPolicy,
  { now }: { readonly now: number },
): RetentionPlan {
  const rules = readRetentionPolicy(policy);
  const sorted = backups.toSorted(newestFirst);
  const reasons = new Map<RetainableBackup, string[]>(sorted.map((backup) => [backup, []]));
  const sources = [...new Set(sorted.flatMap((backup) => backup.sources))].toSorted();

  for (const source of sources) {
    const history = sorted.filter(isDated).filter((one) => one.isGood && one.sources.includes(source));
    const label = sources.length > 1 ? `${source}: ` : '';
    const keep = (backup: RetainableBackup, reason: string) => reasons.get(backup)?.push(label + reason);
    keepOfOneSource(source, history, rules, keep);
    // Another source of it may have failed its drill: it is no good one then, and still the last that this source came back from.
    const verified = sorted.find((one) => one.madeAt !== undefined && one.verified.includes(source));
    if (verified?.isGood === false) keep(verified, 'newest verified');
  }
  for (const backup of sorted) {
    const reason = reasonToKeepUncounted(backup, sorted);
    if (reason !== undefined) reasons.get(backup)?.push(reason);
  }

  const halted = sorted.some((backup) => (backup.madeAt ?? 0) > now)
    ? 'a backup is newer than now: a clock is or was wrong, so nothing is removed'
    : undefined;
  return {
    plannedAt: new Date(now).toISOString(),
    timeZone: 'UTC',
    policy: rules,
    fingerprint: listingFingerprint(sorted, rules),
    halted,
    decisions: sorted.map((backup) => decide(backup, reasons.get(backup) ?? [], halted)),
  };
}

function decide(
  backup: RetainableBackup,
  wanted: readonly string[],
  halted: string | undefined,
): RetentionDecision {
  const { id } = backup;
  const madeAt = backup.madeAt === undefined ? undefined : new Date(backup.madeAt).toISOString();
  if (wanted.length > 0) return { id, madeAt, action: 'keep', reasons: wanted };
  if (halted !== undefined) return { id, madeAt, action: 'keep', reasons: [halted] };
  const why = backup.isGood
    ? 'no rule wants it'
    : `not good, and more than ${badDays} days older than a good one`;
  return { id, madeAt, action: 'remove', reasons: [why] };
}

type DatedBackup = RetainableBackup & { readonly madeAt: number };

function isDated(backup: RetainableBackup): backup is DatedBackup {
  return backup.madeAt !== undefined;
}

/** @param history - The good backups of one source, the newest first. */
function keepOfOneSource(
  source: string,
  history: readonly DatedBackup[],
  rules: RetentionRules,
  keep: (backup: DatedBackup, reason: string) => void,
): void {
  const [newest] = history;
  if (newest === undefined) return;
  const kept = new Set<DatedBackup>();
  const give = (backup: DatedBackup, reason: string): void => {
    kept.add(backup);
    keep(backup, reason);
  };

  give(newest, 'newest good');
  const verified = history.find((backup) => backup.verified.includes(source));
  if (verified !== undefined) give(verified, 'newest verified');
  for (const backup of history.slice(0, rules.keepLast)) give(backup, `one of the last ${rules.keepLast}`);
  for (const backup of history) {
    if (backup.madeAt > newest.madeAt - rules.keepDays * dayMs)
      give(backup, `within ${rules.keepDays} days of the newest good`);
  }
  for (const period of periods) {
    for (const [backup, name] of newestOfEach(period, rules[period], history)) {
      give(backup, `${period} ${name}`);
    }
  }
  for (const backup of history) {
    if (kept.size >= rules.minGood) break;
    if (!kept.has(backup)) give(backup, `to have ${rules.minGood} good ones`);
  }
}

/** The newest backup of each of the last `count` periods that have one. */
function newestOfEach(
  period: Period,
  count: number,
  history: readonly DatedBackup[],
): ReadonlyMap<DatedBackup, string> {
  const chosen = new Map<DatedBackup, string>();
  let last: string | undefined;
  for (const backup of history) {
    if (chosen.size === count) break;
    const name = calendarPeriod(period, backup.madeAt);
    if (name !== last) chosen.set(backup, name);
    last = name;
  }
  return chosen;
}

/** Why a backup that counts for nothing stays all the same. */
function reasonToKeepUncounted(
  backup: RetainableBackup,
  all: readonly RetainableBackup[],
): string | undefined {
  const { madeAt, isGood, sources } = backup;
  if (madeAt === undefined) return 'its manifest cannot be read: look at it and remove it by hand';
  if (isGood) return sources.length === 0 ? 'it names no source' : undefined;
  const isReplaced = (source: string): boolean =>
    all.some(
      (other) =>
        other.isGood && other.sources.includes(source) && (other.madeAt ?? 0) > madeAt + badDays * dayMs,
    );
  if (sources.length > 0 && sources.every(isReplaced)) return undefined;
  return 'not good: left for you to look at';
}

function newestFirst(a: RetainableBackup, b: RetainableBackup): number {
  if (a.madeAt !== b.madeAt)
    return (b.madeAt ?? Number.NEGATIVE_INFINITY) - (a.madeAt ?? Number.NEGATIVE_INFINITY);
  return a.id < b.id ? 1 : a.id > b.id ? -1 : 0; // by code unit, not by the rules of a language
}
