import {
  type DurationInput,
  invalidOption,
  optionsOf,
  parseDuration,
  type RequestView,
  wholeNumber,
} from '@seaworthy/contracts';
import type { Client } from '../decision.js';
import { pathSet, readPaths } from '../request-path.js';
import { type LimitRule, smoothIntervalUs } from './limit-rule.js';

/** What a limit may look at. */
export interface LimitRequest extends RequestView {
  readonly client: Client;
}

export interface LimitPolicyOptions {
  /** How many units of cost, usually requests, fit into `per`. */
  readonly limit: number;
  /** The length of the window, from `'100ms'` to ten years. */
  readonly per: DurationInput;
  /**
   * `fixed` counts in a window that begins with a key's first request: exact and easy to explain, but two windows meet in
   * a burst of twice the limit. `smooth` (GCRA) never lets more than `limit` into any window; its pace is in whole
   * microseconds, rounded up, so above some thousand a second it admits a little less. @defaultValue 'fixed'
   */
  readonly algorithm?: 'fixed' | 'smooth';
  /** For `smooth`: what may come at once; the rest of the limit is spread over the window. @defaultValue a fifth of `limit` */
  readonly burst?: number;
  /** What to count by; `undefined` leaves the request out of this policy. @defaultValue the client's `key` */
  readonly key?: (request: LimitRequest) => string | undefined;
  /** Units that a request costs; 0 counts nothing. @defaultValue 1 */
  readonly cost?: number | ((request: LimitRequest) => number);
  /** Counts only what lies under these paths, however it is escaped. @defaultValue every path */
  readonly paths?: readonly string[];
  /** Leaves out what lies under these paths and is written plainly. @defaultValue [] */
  readonly except?: readonly string[];
  /** With the store down: count in this process, let everything pass, or answer 503. @defaultValue 'local' */
  readonly onStoreDown?: 'local' | 'open' | 'closed';
}

export interface LimitPolicy {
  readonly rule: LimitRule;
  readonly onStoreDown: 'local' | 'open' | 'closed';
  applies(url: string): boolean;
  key(request: LimitRequest): string | undefined;
  cost(request: LimitRequest): number;
}

const readOptions = optionsOf<LimitPolicyOptions>('policy', {
  limit: true,
  per: true,
  algorithm: true,
  burst: true,
  key: true,
  cost: true,
  paths: true,
  except: true,
  onStoreDown: true,
});

const tenYearsMs = 3_650 * 86_400_000;

/**
 * Arrival times are doubles that count microseconds of Redis' clock, exact up to 2^53. Half of what that leaves beside the
 * present goes to the process's part of a limit (`shareOf`), which rounding makes up to twice as long: 71 years.
 */
const longestBurstUs = 2 ** 51;

/**
 * Declares a rate limit. A request is counted by every policy that applies to it, or, when one of them refuses, by none.
 *
 * @param name - Shown to clients in `RateLimit-Policy`, in Redis keys and in metric labels: letters, digits, `-` and `_`.
 * @throws OptionsError for windows and limits that cannot work.
 *
 * @example
 * policy('ip', { limit: 100, per: '1m' });
 * policy('search', { limit: 30, per: '1m', algorithm: 'smooth', paths: ['/api/search'], onStoreDown: 'open' });
 */
export function policy(name: string, options: LimitPolicyOptions): LimitPolicy {
  const {
    limit,
    per,
    algorithm = 'fixed',
    key = (request: LimitRequest) => request.client.key,
    cost = 1,
    paths,
    except = [],
    onStoreDown = 'local',
  } = readOptions(options);
  if (!/^[a-z][\w-]{0,31}$/i.test(name)) {
    throw invalidOption('policy', 'name', 'at most 32 letters, digits, - and _, beginning with a letter');
  }
  wholeNumber('policy', 'limit', limit, { min: 1, max: 1_000_000_000 });
  const windowMs = wholeNumber('policy', 'per', parseDuration(per), { min: 100, max: tenYearsMs });
  if (algorithm !== 'fixed' && algorithm !== 'smooth')
    throw invalidOption('policy', 'algorithm', "'fixed' or 'smooth'");
  if (algorithm === 'fixed' && options.burst !== undefined) {
    throw invalidOption('policy', 'burst', "left out with 'fixed', which has no other burst than its limit");
  }
  const burst =
    algorithm === 'fixed'
      ? limit
      : wholeNumber('policy', 'burst', options.burst ?? Math.ceil(limit / 5), { min: 1, max: limit });
  if (typeof cost === 'number') wholeNumber('policy', 'cost', cost, { min: 0, max: burst });
  if (!['local', 'open', 'closed'].includes(onStoreDown)) {
    throw invalidOption('policy', 'onStoreDown', "'local', 'open' or 'closed'");
  }
  const included = paths && pathSet(readPaths('policy', 'paths', paths));
  const excluded = pathSet(readPaths('policy', 'except', except));
  const windowUs = windowMs * 1_000;
  const intervalUs = smoothIntervalUs(limit, burst, windowUs);
  if (algorithm === 'smooth') checkSmooth({ limit, burst, windowUs, intervalUs });
  return {
    rule: { name, algorithm, limit, windowUs, burst, intervalUs },
    onStoreDown,
    applies: (url) => (included?.mayHold(url) ?? true) && !(except.length > 0 && excluded.plainlyHolds(url)),
    key,
    cost: typeof cost === 'number' ? () => cost : cost,
  };
}

/** What whole microseconds cannot hold is refused, because it would admit less than it says, or more. */
function checkSmooth({
  limit,
  burst,
  windowUs,
  intervalUs,
}: Pick<LimitRule, 'limit' | 'burst' | 'windowUs' | 'intervalUs'>): void {
  if (limit - burst >= windowUs) {
    throw invalidOption('policy', 'limit', "at most one a microsecond with 'smooth', beside the burst");
  }
  if (burst * intervalUs > longestBurstUs) {
    const expected = 'so much below limit that a burst is paid back within 70 years: less, or a shorter per';
    throw invalidOption('policy', 'burst', expected);
  }
}

/**
 * The same rule for one of `instances` processes that count alone: together they admit no more than the whole, or one each
 * where the whole is less than one each.
 */
export function shareOf(rule: LimitRule, instances: number): LimitRule {
  if (instances === 1) return rule;
  const limit = Math.max(1, Math.floor(rule.limit / instances));
  const burst =
    rule.algorithm === 'fixed' ? limit : Math.min(limit, Math.max(1, Math.floor(rule.burst / instances)));
  return { ...rule, limit, burst, intervalUs: smoothIntervalUs(limit, burst, rule.windowUs) };
}
