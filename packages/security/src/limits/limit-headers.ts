import type { Clock } from '@seaworthy/contracts';
import type { HeaderPair } from '../decision.js';
import type { LimitOutcome, LimitRule } from './limit-rule.js';

/**
 * - `standard`: `RateLimit` and `RateLimit-Policy` as structured fields (draft-ietf-httpapi-ratelimit-headers-10);
 * - `draft-6`: `RateLimit-Limit`, `-Remaining`, `-Reset` and `-Policy`, what express-rate-limit calls `standardHeaders: true`;
 * - `legacy`: `X-RateLimit-Limit`, `-Remaining`, `-Reset` (Unix seconds);
 * - `none`: only `Retry-After` on refusals, which every form has.
 */
export type LimitHeaderForm = 'standard' | 'draft-6' | 'legacy' | 'none';

/** A policy and how it stands. */
export interface Standing {
  readonly rule: LimitRule;
  readonly outcome: LimitOutcome;
}

/** The names that each form may send, for `Access-Control-Expose-Headers`. */
export const limitHeaderNames: Readonly<Record<LimitHeaderForm, readonly string[]>> = {
  standard: ['RateLimit', 'RateLimit-Policy', 'Retry-After'],
  'draft-6': ['RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset', 'RateLimit-Policy', 'Retry-After'],
  legacy: ['X-RateLimit-Limit', 'X-RateLimit-Remaining', 'X-RateLimit-Reset', 'Retry-After'],
  none: ['Retry-After'],
};

/** @param clock - for the one form that sends a date. */
export function limitHeaders(
  form: LimitHeaderForm,
  standings: readonly Standing[],
  clock: Clock,
): readonly HeaderPair[] {
  const tightest = tightestOf(standings);
  if (tightest === undefined) return [];
  const { rule, outcome } = tightest;
  const resetSeconds = seconds(outcome.resetMs);
  const retry: readonly HeaderPair[] = outcome.allowed
    ? []
    : [['Retry-After', String(Math.max(1, seconds(outcome.retryAfterMs)))]];
  switch (form) {
    case 'none':
      return retry;
    case 'legacy':
      return [
        ['X-RateLimit-Limit', String(rule.limit)],
        ['X-RateLimit-Remaining', String(outcome.remaining)],
        ['X-RateLimit-Reset', String(seconds(clock.now() + outcome.resetMs))],
        ...retry,
      ];
    case 'draft-6':
      return [
        ['RateLimit-Limit', String(rule.limit)],
        ['RateLimit-Remaining', String(outcome.remaining)],
        ['RateLimit-Reset', String(resetSeconds)],
        [
          'RateLimit-Policy',
          standings.map((each) => `${each.rule.limit};w=${windowSeconds(each.rule)}`).join(', '),
        ],
        ...retry,
      ];
    case 'standard':
      return [
        ['RateLimit', standings.map(standardItem).join(', ')],
        [
          'RateLimit-Policy',
          standings
            .map((each) => `"${each.rule.name}";q=${each.rule.limit};w=${windowSeconds(each.rule)}`)
            .join(', '),
        ],
        ...retry,
      ];
  }
}

function standardItem({ rule, outcome }: Standing): string {
  return `"${rule.name}";r=${outcome.remaining};t=${seconds(outcome.resetMs)}`;
}

/** The one that refused with the longest wait, or else the one with the smallest part left. */
function tightestOf(standings: readonly Standing[]): Standing | undefined {
  let tightest: Standing | undefined;
  for (const standing of standings) {
    if (tightest === undefined || isTighter(standing, tightest)) tightest = standing;
  }
  return tightest;
}

function isTighter(a: Standing, b: Standing): boolean {
  if (a.outcome.allowed !== b.outcome.allowed) return !a.outcome.allowed;
  if (!a.outcome.allowed) return a.outcome.retryAfterMs > b.outcome.retryAfterMs;
  return a.outcome.remaining / a.rule.limit < b.outcome.remaining / b.rule.limit;
}

function windowSeconds(rule: LimitRule): number {
  return Math.max(1, Math.ceil(rule.windowUs / 1_000_000));
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1_000);
}
