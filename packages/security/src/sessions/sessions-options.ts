import {
  type Clock,
  type DurationInput,
  type Environment,
  type Logger,
  type Metrics,
  optionsOf,
  parseDuration,
  wholeNumber,
} from '@seaworthy/contracts';
import type { KeyInput } from '../keyring.js';
import type { SessionCookieOptions } from './session-cookie.js';
import type { SessionStore } from './session-store.js';

export interface SessionsOptions {
  readonly store: SessionStore;
  /**
   * At least 32 characters each, the newest first: it signs, all are believed. Keep an old one for as long as `lifetime`,
   * then every session that it signed has ended.
   */
  readonly keys: readonly KeyInput[];
  /** A session that is not used for so long ends. @defaultValue '30m' */
  readonly idle?: DurationInput;
  /** A session ends after so long however much it is used. @defaultValue '12h' */
  readonly lifetime?: DurationInput;
  /** The oldest one goes when a user begins another. @defaultValue 20 */
  readonly maxPerUser?: number;
  /** Of the data as JSON. @defaultValue 4096 */
  readonly maxBytes?: number;
  readonly cookie?: SessionCookieOptions;
  /** `development` and `test` alone take the memory store and a cookie without Secure. @defaultValue 'production' */
  readonly environment?: Environment;
  /** @defaultValue silentLogger */
  readonly logger?: Logger;
  /** @defaultValue silentMetrics */
  readonly metrics?: Metrics;
  /** @defaultValue systemClock */
  readonly clock?: Clock;
}

export const readSessionsOptions = optionsOf<SessionsOptions>('createSessions', {
  store: true,
  keys: true,
  idle: true,
  lifetime: true,
  maxPerUser: true,
  maxBytes: true,
  cookie: true,
  environment: true,
  logger: true,
  metrics: true,
  clock: true,
});

export const readCookieOptions = optionsOf<SessionCookieOptions>('createSessions cookie', {
  name: true,
  secure: true,
  sameSite: true,
});

const yearMs = 366 * 86_400_000;

/** @throws OptionsError for times that are shorter than a second or longer than a year, and idle longer than the lifetime. */
export function sessionTimes({ idle = '30m', lifetime = '12h' }: SessionsOptions): {
  readonly idleMs: number;
  readonly lifetimeMs: number;
} {
  const owner = 'createSessions';
  const lifetimeMs = wholeNumber(owner, 'lifetime', parseDuration(lifetime), { min: 1_000, max: yearMs });
  const idleMs = wholeNumber(owner, 'idle', parseDuration(idle), { min: 1_000, max: lifetimeMs });
  return { idleMs, lifetimeMs };
}
