import type { RedisCommands } from '@seaworthy/contracts';
import { runScript } from '../redis-script.js';
import { consumeScript, releaseScript } from './consume-script.js';
import { countedCost, type LimitOutcome, type LimitRule } from './limit-rule.js';
import type { LimitCharge, LimitOutcomes } from './limit-store.js';

/** A charge and where Redis keeps it. */
export interface KeyedCharge {
  /** Keys of one shard lie in one slot of a cluster. */
  readonly shard: number;
  readonly key: string;
  readonly charge: LimitCharge;
}

/** What the script takes the number of a key, the number of a rule and the cost apart with. */
const codeBase = 1_000;

/**
 * Decides several requests in one call of the script, in their order; together they have fewer than a thousand keys.
 *
 * @returns the outcomes of each request.
 */
export async function consumeAll(
  redis: RedisCommands,
  requests: ReadonlyArray<readonly KeyedCharge[]>,
): Promise<readonly LimitOutcomes[]> {
  const keys = new Map<string, number>();
  const rules = new Map<LimitRule, number>();
  const codes: number[] = [];
  for (const request of requests) {
    for (const { key, charge } of request) {
      const [k, r] = [numberOf(keys, key), numberOf(rules, charge.rule)];
      codes.push((countedCost(charge.rule, charge.cost) * codeBase + r) * codeBase + k);
    }
    codes.push(-(codes.pop() ?? 0));
  }
  const values: (string | number)[] = [rules.size];
  for (const rule of rules.keys()) values.push(rule.algorithm, rule.limit, spanOf(rule), rule.burst);
  for (const code of codes) values.push(code);
  const figures = figuresOf(
    await runScript(redis, consumeScript, [...keys.keys()], values),
    codes.length * 3,
  );
  let at = 0;
  return requests.map((request) =>
    request.map(() => {
      const outcome = outcomeAt(figures, at);
      at += 3;
      return outcome;
    }),
  );
}

/** Gives the cost of each charge back. Sent whole: a call that Redis has to be taught first would come after the next one. */
export async function releaseAll(redis: RedisCommands, charges: readonly KeyedCharge[]): Promise<void> {
  const values = charges.flatMap(({ charge: { rule, cost } }) => [rule.algorithm, rule.intervalUs, cost]);
  const args = [charges.length, ...charges.map(({ key }) => key), ...values];
  await redis.call('EVAL', releaseScript, ...args);
}

/** From 1, in the order of first use. */
function numberOf<T>(numbers: Map<T, number>, each: T): number {
  let number = numbers.get(each);
  if (number === undefined) {
    number = numbers.size + 1;
    numbers.set(each, number);
  }
  return number;
}

function spanOf(rule: LimitRule): number {
  return rule.algorithm === 'fixed' ? rule.windowUs : rule.intervalUs;
}

function figuresOf(answer: unknown, count: number): readonly number[] {
  if (!Array.isArray(answer) || answer.length !== count || !answer.every(Number.isSafeInteger)) {
    throw new TypeError('Redis answered something else than the limit script does.');
  }
  return answer;
}

function outcomeAt(figures: readonly number[], at: number): LimitOutcome {
  const retryAfterMs = figures[at + 2] ?? 0;
  return {
    allowed: retryAfterMs === 0,
    remaining: figures[at] ?? 0,
    resetMs: figures[at + 1] ?? 0,
    retryAfterMs,
  };
}
