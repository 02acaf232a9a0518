import {
  type Closable,
  invalidOption,
  optionsOf,
  silentLogger,
  silentMetrics,
  sleep,
  systemClock,
  wholeNumber,
  withDeadline,
} from '@seaworthy/contracts';
import type { Client, DenyVerdict, HeaderPair } from '../decision.js';
import { guardStore, remoteOf } from '../limits/guarded-store.js';
import { shareOf } from '../limits/limit-policy.js';
import type { LimitCharge, LimitOutcomes, LimitStore } from '../limits/limit-store.js';
import { memoryStore } from '../limits/memory-store.js';
import { deny } from '../problem.js';
import { tellListener } from '../tell-listener.js';
import type { LoginAttempt, LoginEvent, LoginGuardOptions, LoginResult } from './login-guard-options.js';
import { accountDelay, accountRule, attemptCharges, attemptRule } from './login-policy.js';

/** What databases and comparisons say of nobody, each in its own way. */
type Nobody = undefined | null | false;

export interface LoginGuard extends Closable {
  /**
   * Counts an attempt and then, unless it is refused, runs the check. A failed one stays counted; success gives back what it
   * took and clears the failures of this account from this client. An account that is no string is a failed attempt without a check.
   *
   * @param check - The user; `undefined`, `null` or `false` for a wrong password and for an unknown user alike. When it throws, the attempt is
   * given back and the error comes through.
   */
  attempt<User>(attempt: LoginAttempt, check: () => Promise<User | Nobody>): Promise<LoginResult<User>>;
}

const readOptions = optionsOf<LoginGuardOptions>('createLoginGuard', {
  store: true,
  instances: true,
  onStoreDown: true,
  user: true,
  ip: true,
  account: true,
  maxHeld: true,
  onEvent: true,
  logger: true,
  metrics: true,
  clock: true,
});

/**
 * Stands between a login form and the password check: an attempt is counted before the check, so parallel guesses count too,
 * and a refused one costs no hash.
 *
 * @throws OptionsError for limits that cannot work and for a store that cannot give back.
 *
 * @example
 * const logins = createLoginGuard({ store: redisStore(redis, { prefix: 'shop', hashKeys: config.LIMIT_KEY }) });
 * const result = await logins.attempt({ account: email, client: securityOf(req).client }, async () => {
 *   const user = await users.byEmail(email);
 *   const { valid } = await passwords.verify(password, user?.passwordHash); // the same work for an unknown user
 *   return valid ? user : undefined;
 * });
 */
export function createLoginGuard(options: LoginGuardOptions = {}): LoginGuard {
  const {
    instances = 1,
    onStoreDown = 'local',
    user = { limit: 10, per: '15m' },
    ip = { limit: 100, per: '1d' },
    account = { free: 20, per: '1h', firstMs: 250, maxMs: 8_000 },
    maxHeld = 1_000,
    onEvent,
    logger = silentLogger,
    metrics = silentMetrics,
    clock = systemClock,
  } = readOptions(options);
  wholeNumber('createLoginGuard', 'instances', instances, { min: 1, max: 10_000 });
  wholeNumber('createLoginGuard', 'maxHeld', maxHeld, { min: 0, max: 1_000_000 });
  if (onStoreDown !== 'local' && onStoreDown !== 'closed') {
    throw invalidOption('createLoginGuard', 'onStoreDown', "'local' or 'closed'");
  }
  const local = memoryStore({ clock, metrics });
  const store = options.store ?? local;
  if (store.release === undefined) throw invalidOption('createLoginGuard', 'store', 'a store with release()');
  const rules = { user: attemptRule('user', user), ip: attemptRule('ip', ip), account: accountRule(account) };
  const delayOf = accountDelay(account);
  const outcomes = metrics.counter({
    name: 'seaworthy.security.logins',
    description: 'Login attempts, by outcome.',
    unit: '{attempt}',
  });
  const { deadlineMs } = store;
  const guarded =
    deadlineMs === undefined
      ? undefined
      : guardStore(remoteOf(store, deadlineMs), {
          clock,
          onChange: (change) =>
            change.state === 'down'
              ? logger.warn('Login attempt store is down', { reason: change.reason, onStoreDown })
              : logger.info('Login attempt store answers again', { downMs: change.downMs }),
        });
  let held = 0;

  async function reserve(charges: readonly LimitCharge[]): Promise<Reservation | undefined> {
    if (guarded === undefined) return { charges, outcomes: await store.consume(charges), kept: store };
    const answer = await guarded.consume(charges);
    if (answer !== undefined) return { charges, outcomes: answer, kept: store };
    if (onStoreDown === 'closed') return undefined;
    const shares = charges.map((charge) => ({ ...charge, rule: shareOf(charge.rule, instances) }));
    return { charges: shares, outcomes: local.consume(shares), kept: local };
  }

  /** What cannot be given back runs out by itself. */
  async function release({ kept }: Reservation, charges: readonly LimitCharge[]): Promise<void> {
    try {
      const timeoutMs = kept.deadlineMs;
      if (timeoutMs === undefined) await kept.release?.(charges);
      else if (guarded?.up === true)
        await withDeadline(async () => kept.release?.(charges), { timeoutMs, what: 'limit store', clock });
    } catch (error) {
      logger.debug('A login attempt was not given back', { error });
    }
  }

  function tell(type: LoginEvent['type'], { account: name, client }: LoginAttempt): void {
    outcomes.add(1, { outcome: type });
    tellListener(onEvent, { type, account: name, client }, (error) =>
      logger.error('onEvent of createLoginGuard threw', { error }),
    );
  }

  function refuse<User>(attempt: LoginAttempt, waitMs: number, status: 429 | 503 = 429): LoginResult<User> {
    tell('refused', attempt);
    return refusal(attempt.client, waitMs, status);
  }

  /** Holds the attempt back for as long as its account is slowed down; `false` when too many are held. */
  async function hold(ms: number, signal: AbortSignal | undefined): Promise<boolean> {
    if (ms === 0) return true;
    if (held >= maxHeld) return false;
    held += 1;
    try {
      await sleep(clock, ms, { signal });
      return true;
    } finally {
      held -= 1;
    }
  }

  const close = async (): Promise<void> => undefined;

  return {
    async attempt(asked, check) {
      // A body may hold anything. What is no string names nobody, whatever the check would make of it.
      const isNamed = typeof asked.account === 'string';
      const attempt = isNamed ? asked : { ...asked, account: '' };
      const reservation = await reserve(attemptCharges(rules, attempt.account, attempt.client));
      if (reservation === undefined) return refuse(attempt, 1_000, 503);
      const refused = reservation.outcomes.filter(({ allowed }) => !allowed);
      if (refused.length > 0) return refuse(attempt, Math.max(...refused.map((each) => each.retryAfterMs)));
      try {
        const delayMs = delayOf(usedOf(reservation));
        if (!(await hold(delayMs, attempt.signal))) {
          await release(reservation, reservation.charges);
          return refuse(attempt, delayMs);
        }
        const found = isNamed ? await check() : undefined;
        if (found === undefined || found === null || found === false) {
          tell('failed', attempt);
          return { kind: 'failed' };
        }
        await release(reservation, reservation.charges.map(clearedBySuccess));
        tell('passed', attempt);
        return { kind: 'passed', user: found };
      } catch (error) {
        await release(reservation, reservation.charges);
        throw error;
      }
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface Reservation {
  readonly charges: readonly LimitCharge[];
  readonly outcomes: LimitOutcomes;
  readonly kept: LimitStore;
}

/** The account's count stands last. */
function usedOf({ charges, outcomes }: Reservation): number {
  return (charges.at(-1)?.rule.limit ?? 0) - (outcomes.at(-1)?.remaining ?? 0);
}

/** The failures of this account from this client are over; of the wider counts success takes back only its own. */
function clearedBySuccess(charge: LimitCharge): LimitCharge {
  return charge.rule.name === 'login-user' ? { ...charge, cost: charge.rule.limit } : charge;
}

/** The same whatever refused, whoever is claimed. */
function refusal<User>(client: Client, waitMs: number, status: 429 | 503): LoginResult<User> {
  const seconds = Math.max(1, Math.ceil(waitMs / 1_000));
  const { body, contentType } = deny(client, rejection(status));
  const headers: readonly HeaderPair[] = [
    ['Retry-After', String(seconds)],
    ['Content-Type', contentType],
    ['Cache-Control', 'no-store'],
  ];
  return { kind: 'refused', status, headers, body };
}

function rejection(status: 429 | 503): {
  status: DenyVerdict['status'];
  code: DenyVerdict['code'];
  detail: string;
} {
  return status === 429
    ? { status, code: 'RATE_LIMITED', detail: 'Too many attempts to log in. Try again later.' }
    : {
        status,
        code: 'RATE_LIMIT_UNAVAILABLE',
        detail: 'The attempt could not be counted and was not made. Try again shortly.',
      };
}
