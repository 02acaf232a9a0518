/** The arithmetic of one limit; times are whole microseconds, so that no rounding lets one request too many through. */
export interface LimitRule {
  readonly name: string;
  readonly algorithm: 'fixed' | 'smooth';
  readonly limit: number;
  readonly windowUs: number;
  /** What may come at once: the limit itself for `fixed`. */
  readonly burst: number;
  /** The time that one unit costs with `smooth`. */
  readonly intervalUs: number;
}

/** What is remembered of a key: the count of its window (`fixed`) or its theoretical arrival time (`smooth`). */
export interface Usage {
  readonly value: number;
  readonly expiresAtUs: number;
}

/** How a limit stands after a request, in whole milliseconds. */
export interface LimitOutcome {
  readonly allowed: boolean;
  readonly remaining: number;
  /** Until the whole quota is there again. */
  readonly resetMs: number;
  /** Until the same request would pass; 0 when it did. */
  readonly retryAfterMs: number;
}

/**
 * The interval for which no window of `windowUs`, wherever it begins, holds more than `limit`: a burst at its start, then
 * one unit per interval, comes to `burst + (limit - burst)` before it ends. The textbook's `window / limit` lets nearly
 * twice the limit through.
 */
export function smoothIntervalUs(limit: number, burst: number, windowUs: number): number {
  return Math.ceil(windowUs / (limit - burst + 1));
}

/** What a key has used at `nowUs`: expired usage is none. */
export function usageAt(rule: LimitRule, usage: Usage | undefined, nowUs: number): Usage {
  const live = usage !== undefined && usage.expiresAtUs > nowUs;
  if (rule.algorithm === 'fixed') return live ? usage : { value: 0, expiresAtUs: nowUs + rule.windowUs };
  return live ? usage : { value: nowUs, expiresAtUs: nowUs };
}

/** The usage with `cost` more on it. */
export function spend(rule: LimitRule, usage: Usage, cost: number): Usage {
  if (rule.algorithm === 'fixed') return { value: usage.value + cost, expiresAtUs: usage.expiresAtUs };
  const arrival = usage.value + cost * rule.intervalUs;
  return { value: arrival, expiresAtUs: arrival };
}

/** The usage with `cost` less on it, or `undefined` when nothing is left of it. */
export function giveBack(rule: LimitRule, usage: Usage, nowUs: number, cost: number): Usage | undefined {
  if (rule.algorithm === 'fixed') {
    const value = usage.value - cost;
    return value > 0 ? { value, expiresAtUs: usage.expiresAtUs } : undefined;
  }
  const arrival = usage.value - cost * rule.intervalUs;
  return arrival > nowUs ? { value: arrival, expiresAtUs: arrival } : undefined;
}

/** Whether `usage`, from {@link usageAt}, has room for `cost`. The generic cell rate algorithm for `smooth` (ITU-T I.371). */
export function fits(rule: LimitRule, usage: Usage, nowUs: number, cost: number): boolean {
  if (cost === 0) return true;
  return rule.algorithm === 'fixed'
    ? usage.value + cost <= rule.limit
    : usage.value + countedCost(rule, cost) * rule.intervalUs - nowUs <= rule.burst * rule.intervalUs;
}

/** When a key that cannot spend one more unit can again; `nowUs` or earlier when it can already. */
export function blockedUntilUs(rule: LimitRule, usage: Usage): number {
  if (rule.algorithm === 'fixed') return usage.value >= rule.limit ? usage.expiresAtUs : 0;
  return usage.value - (rule.burst - 1) * rule.intervalUs;
}

/**
 * How much a key that is not blocked is worth remembering: the time until which its use would last were it spread evenly.
 * Of two keys the one with less use, longer ago, has the smaller figure.
 */
export function weightUs(rule: LimitRule, usage: Usage): number {
  if (rule.algorithm === 'smooth') return usage.value;
  return usage.expiresAtUs - rule.windowUs * (1 - usage.value / rule.limit);
}

/** @param refusedCost - the cost that did not fit, or 0. */
export function outcomeOf(rule: LimitRule, usage: Usage, nowUs: number, refusedCost: number): LimitOutcome {
  const allowed = refusedCost === 0;
  if (rule.algorithm === 'fixed') {
    const resetMs = Math.ceil((usage.expiresAtUs - nowUs) / 1_000);
    const remaining = Math.max(0, rule.limit - usage.value);
    return { allowed, remaining, resetMs, retryAfterMs: allowed ? 0 : Math.max(1, resetMs) };
  }
  const usedUs = usage.value - nowUs;
  const room = rule.burst * rule.intervalUs;
  const waitUs = usedUs + countedCost(rule, refusedCost) * rule.intervalUs - room;
  return {
    allowed,
    remaining: Math.max(0, Math.floor((room - usedUs) / rule.intervalUs)),
    resetMs: Math.ceil(Math.max(0, usedUs) / 1_000),
    retryAfterMs: allowed ? 0 : Math.max(1, Math.ceil(waitUs / 1_000)),
  };
}

/** A cost above the burst never fits, and by how much it does not would only take the figures past what a double holds. */
export function countedCost(rule: LimitRule, cost: number): number {
  return Math.min(cost, rule.burst + 1);
}
