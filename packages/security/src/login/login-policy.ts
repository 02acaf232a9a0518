import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { type DurationInput, parseDuration, wholeNumber } from '@seaworthy/contracts';
import { networkKey } from '../client-ip/address.js';
import type { Client } from '../decision.js';
import type { LimitRule } from '../limits/limit-rule.js';
import type { LimitCharge } from '../limits/limit-store.js';

/** So many attempts in a window that begins with the first. */
export interface AttemptLimit {
  readonly limit: number;
  readonly per: DurationInput;
}

/** How an account that is being guessed at slows down. */
export interface AccountDelay {
  /** Attempts that nobody waits for. */
  readonly free: number;
  readonly per: DurationInput;
  /** The wait of the first attempt past them; each further one waits twice as long. */
  readonly firstMs: number;
  readonly maxMs: number;
}

const owner = 'createLoginGuard';

/** An account is never refused for itself, so its count has no end that matters. */
const countless = 1_000_000_000;

export function attemptRule(name: string, { limit, per }: AttemptLimit): LimitRule {
  wholeNumber(owner, `${name}.limit`, limit, { min: 1, max: 1_000_000 });
  const windowMs = wholeNumber(owner, `${name}.per`, parseDuration(per), {
    min: 1_000,
    max: 3_650 * 86_400_000,
  });
  return {
    name: `login-${name}`,
    algorithm: 'fixed',
    limit,
    windowUs: windowMs * 1_000,
    burst: limit,
    intervalUs: 0,
  };
}

export function accountRule({ per }: AccountDelay): LimitRule {
  const rule = attemptRule('account', { limit: 1, per });
  return { ...rule, limit: countless, burst: countless };
}

/** @returns how long attempt number `used` of an account is held. */
export function accountDelay(delay: AccountDelay): (used: number) => number {
  const { free, firstMs, maxMs } = delay;
  wholeNumber(owner, 'account.free', free, { min: 0, max: 1_000_000 });
  wholeNumber(owner, 'account.firstMs', firstMs, { min: 1, max: 60_000 });
  wholeNumber(owner, 'account.maxMs', maxMs, { min: firstMs, max: 60_000 });
  return (used) => (used <= free ? 0 : Math.min(maxMs, firstMs * 2 ** Math.min(used - free - 1, 30)));
}

export interface LoginRules {
  readonly user: LimitRule;
  readonly ip: LimitRule;
  readonly account: LimitRule;
}

/** The charges of one attempt: by account and client, by the client's network, by account. */
export function attemptCharges(rules: LoginRules, account: string, client: Client): readonly LimitCharge[] {
  const name = accountKey(account);
  // A household or an office has an IPv6 /56 (RIPE-690); a guesser must not have 256 budgets.
  const network = isIPv6(client.ip) ? networkKey(client.ip, 56) : client.key;
  return [
    { rule: rules.user, key: `${name} ${client.key}`, cost: 1 },
    { rule: rules.ip, key: network, cost: 1 },
    { rule: rules.account, key: name, cost: 1 },
  ];
}

/** One key for all ways to write an account, of one length, so that nobody stores megabytes or names with us. */
function accountKey(account: string): string {
  // Blanks go before it is cut, or they would push the name out of what is counted.
  const plain = account.trim().slice(0, 4_096).normalize('NFKC').trim().toLowerCase();
  return createHash('sha256').update(plain).digest('base64url');
}
