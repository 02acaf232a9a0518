import type { Clock, Logger, Metrics } from '@seaworthy/contracts';
import type { Client, HeaderPair } from '../decision.js';
import type { LimitStore } from '../limits/limit-store.js';
import type { AccountDelay, AttemptLimit } from './login-policy.js';

export interface LoginGuardOptions {
  /** Where attempts are counted: with `redisStore` all processes share one count. @defaultValue memoryStore() */
  readonly store?: LimitStore;
  /** How many processes share the store: while it is down, each gives out its part. @defaultValue 1 */
  readonly instances?: number;
  /** With the store down: count in this process, or answer 503. @defaultValue 'local' */
  readonly onStoreDown?: 'local' | 'closed';
  /** Failures of one account from one client. @defaultValue { limit: 10, per: '15m' } */
  readonly user?: AttemptLimit;
  /** Failures of one client, an IPv4 address or an IPv6 /56, over all accounts. @defaultValue { limit: 100, per: '1d' } */
  readonly ip?: AttemptLimit;
  /**
   * Attempts on one account, from wherever: it slows down and is never locked, or anybody could lock anybody out.
   * @defaultValue { free: 20, per: '1h', firstMs: 250, maxMs: 8000 }
   */
  readonly account?: AccountDelay;
  /** Attempts that may be held at once; the next is refused. @defaultValue 1000 */
  readonly maxHeld?: number;
  /** Told of every outcome, for an audit trail. What it throws is logged and changes nothing. */
  readonly onEvent?: (event: LoginEvent) => void;
  /** @defaultValue silentLogger */
  readonly logger?: Logger;
  /** @defaultValue silentMetrics */
  readonly metrics?: Metrics;
  /** @defaultValue systemClock */
  readonly clock?: Clock;
}

export interface LoginAttempt {
  /** Who is claimed, as it was typed; capitals and blanks around it do not matter. */
  readonly account: string;
  /** `securityOf(request).client` */
  readonly client: Client;
  /** Ends an attempt that is held back. */
  readonly signal?: AbortSignal;
}

export interface LoginEvent extends Omit<LoginAttempt, 'signal'> {
  readonly type: 'passed' | 'failed' | 'refused';
}

export type LoginResult<User> =
  | { readonly kind: 'passed'; readonly user: User }
  | { readonly kind: 'failed' }
  | {
      readonly kind: 'refused';
      readonly status: 429 | 503;
      /** `Retry-After`, `Content-Type` and `Cache-Control`. */
      readonly headers: readonly HeaderPair[];
      readonly body: string;
    };
