import { invalidOption, optionsOf, wholeNumber } from '@seaworthy/contracts';

/**
 * Which backups stay. A backup stays when any rule wants it. Days begin at 00:00 UTC, weeks on Monday (ISO 8601), whatever the
 * machine's time zone.
 *
 * `hourly` to `yearly` keep the newest backup of each of the last so many hours, days, … that have one, as `restic forget` does.
 * Beside these, the newest good backup and the newest verified one of every source always stay.
 */
export interface RetentionPolicy {
  /** The newest so many. @defaultValue 0 */
  readonly keepLast?: number;
  /**
   * All that were made in so many days (of 24 h) before the newest good backup. Before that one and not before now: when
   * backups fail for a month, nothing goes. @defaultValue 0
   */
  readonly keepDays?: number;
  /** @defaultValue 0 */
  readonly hourly?: number;
  /** @defaultValue 0 */
  readonly daily?: number;
  /** @defaultValue 0 */
  readonly weekly?: number;
  /** @defaultValue 0 */
  readonly monthly?: number;
  /** @defaultValue 0 */
  readonly yearly?: number;
  /** What the rules above leave is filled up with the newest others to so many good backups. @defaultValue 2 */
  readonly minGood?: number;
}

export type RetentionRules = Required<RetentionPolicy>;

/**
 * Retention as the guides have it: `kpi` is 30 days, `kpi-comprehensive` 7 days, `crm` daily, weekly and monthly.
 *
 * @example
 * createBackups({ sources, targets, retention: retentionPresets.crm });
 */
export const retentionPresets: Readonly<Record<'kpi' | 'kpi-comprehensive' | 'crm', RetentionPolicy>> =
  Object.freeze({
    kpi: Object.freeze({ keepDays: 30 }),
    'kpi-comprehensive': Object.freeze({ keepDays: 7 }),
    crm: Object.freeze({ daily: 7, weekly: 5, monthly: 12 }),
  });

const owner = 'retention';

const readOptions = optionsOf<RetentionPolicy>(owner, {
  keepLast: true,
  keepDays: true,
  hourly: true,
  daily: true,
  weekly: true,
  monthly: true,
  yearly: true,
  minGood: true,
});

/**
 * Every rule with its number.
 *
 * @throws OptionsError for an unknown rule, a number that is no whole one from 0 to 100000, or a policy that keeps nothing.
 */
export function readRetentionPolicy(policy: RetentionPolicy): RetentionRules {
  const given = readOptions(policy);
  const rule = (name: keyof RetentionPolicy, fallback = 0): number =>
    wholeNumber(owner, name, given[name] ?? fallback, { max: 100_000 });
  const rules: RetentionRules = {
    keepLast: rule('keepLast'),
    keepDays: rule('keepDays'),
    hourly: rule('hourly'),
    daily: rule('daily'),
    weekly: rule('weekly'),
    monthly: rule('monthly'),
    yearly: rule('yearly'),
    minGood: rule('minGood', 2),
  };
  const { minGood: _floor, ...keeping } = rules;
  if (Object.values(keeping).every((count) => count === 0)) {
    throw invalidOption(owner, 'retention', 'a policy with at least one rule, such as { keepDays: 30 }');
  }
  return rules;
}
