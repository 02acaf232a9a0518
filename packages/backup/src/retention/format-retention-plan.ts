import type { RetentionPlan } from './plan-retention.js';

/**
 * The plan as text: a line per backup with what would happen and why.
 *
 * @example
 * console.log(formatRetentionPlan(await backups.plan()));
 * // keep    20261122T020000Z-3f9a2b1c  2026-11-22T02:00:00.000Z  newest good, daily 2026-11-22
 */
export function formatRetentionPlan(plan: RetentionPlan): string {
  const rules = Object.entries(plan.policy)
    .filter(([, count]) => count > 0)
    .map(([rule, count]) => `${rule} ${count}`);
  const width = Math.max(0, ...plan.decisions.map(({ id }) => id.length));
  const removed = plan.decisions.filter(({ action }) => action === 'remove').length;
  const lines = plan.decisions.map(
    ({ id, action, madeAt = 'at an unknown time', reasons }) =>
      `${action.padEnd(6)}  ${id.padEnd(width)}  ${madeAt.padEnd(24)}  ${reasons.join('; ')}`,
  );
  return [
    `Retention at ${plan.plannedAt} (${plan.timeZone}): ${rules.join(', ')}`,
    ...(plan.halted === undefined ? [] : [`Halted: ${plan.halted}.`]),
    ...lines,
    `${plan.decisions.length - removed} to keep, ${removed} to remove.`,
    '',
  ].join('\n');
}
