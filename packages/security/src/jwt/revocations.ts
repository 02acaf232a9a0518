import { createHash } from 'node:crypto';
import {
  type Clock,
  type DurationInput,
  invalidOption,
  type Logger,
  optionsOf,
  parseDuration,
  type RedisCommands,
  silentLogger,
  systemClock,
  wholeNumber,
} from '@seaworthy/contracts';
import { isKeyPrefix, redisScript, runScript } from '../redis-script.js';
import { createRemote } from '../remote-store.js';
import { tokensUnavailable } from './token-error.js';

/** A token that is asked about. */
export interface IssuedToken {
  readonly id: string;
  readonly subject: string;
  readonly issuedMs: number;
}

/** Tokens that shall not be believed although they have not expired. */
export interface JwtRevocations {
  /** @throws TokenError `SECURITY_TOKENS_UNAVAILABLE`, so that an outage lets no revoked token in. */
  isRevoked(token: IssuedToken): Promise<boolean>;
  /** Revokes one token, at logout. */
  revoke(token: { readonly id: string; readonly expiresAt: Date }): Promise<void>;
  /** Revokes all that were issued to somebody so far, when a password changed or an account was closed. */
  revokeAll(subject: string): Promise<void>;
}

export interface RedisRevocationsOptions {
  /** The service's own name in front of every key. */
  readonly prefix: string;
  /** At least the lifetime of the tokens: for so long it is remembered that all of a user's were revoked. */
  readonly lifetime: DurationInput;
  /** An answer that takes longer counts as no answer. @defaultValue 250 */
  readonly deadlineMs?: number;
  /** @defaultValue silentLogger */
  readonly logger?: Logger;
  /** @defaultValue systemClock */
  readonly clock?: Clock;
}

const readOptions = optionsOf<RedisRevocationsOptions>('redisRevocations', {
  prefix: true,
  lifetime: true,
  deadlineMs: true,
  logger: true,
  clock: true,
});

/**
 * Never an earlier time than the one that is there: the process whose clock is behind would give back what another revoked.
 * KEYS: subject. ARGV: since when, lifetime.
 */
const revokeSince = redisScript(`
local since = tonumber(redis.call('GET', KEYS[1])) or 0
if since < tonumber(ARGV[1]) then return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
`);

/**
 * Revocations in Redis or a Redis Cluster, each kept for as long as a token could still be valid.
 *
 * @example
 * const revocations = redisRevocations(redis, { prefix: 'kpi', lifetime: '7d' });
 * const tokens = createJwt({ jose, ...jwtPresets.kpi, keys, issuer, audience, revocations });
 * await revocations.revokeAll(user.id);
 */
export function redisRevocations(redis: RedisCommands, options: RedisRevocationsOptions): JwtRevocations {
  const owner = 'redisRevocations';
  const { prefix, deadlineMs = 250, logger = silentLogger, clock = systemClock } = readOptions(options);
  if (!isKeyPrefix(prefix)) throw invalidOption(owner, 'prefix', 'at most 64 letters, digits and . : _ -');
  wholeNumber(owner, 'deadlineMs', deadlineMs, { min: 1, max: 10_000 });
  const lifetimeMs = wholeNumber(owner, 'lifetime', parseDuration(options.lifetime), { min: 1_000 });
  const remote = createRemote({
    what: 'token revocations',
    deadlineMs,
    clock,
    onChange: (change) =>
      change.state === 'up'
        ? logger.info('Token revocations answer again', { downMs: change.downMs })
        : logger.error('Token revocations are down; tokens get 503', { reason: change.reason }),
  });
  const hash = (text: string): string => createHash('sha256').update(text).digest('base64url');
  const idKey = (id: string): string => `${prefix}:jwt:v1:revoked:${hash(id)}`;
  const subjectKey = (subject: string): string => `${prefix}:jwt:v1:since:${hash(subject)}`;

  async function ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await remote.call(question);
    } catch {
      throw tokensUnavailable();
    }
  }

  return {
    async isRevoked({ id, subject, issuedMs }) {
      const [revoked, since] = await ask(() =>
        Promise.all([redis.call('GET', idKey(id)), redis.call('GET', subjectKey(subject))]),
      );
      return revoked !== null || (since !== null && !(issuedMs > Number(since)));
    },
    async revoke({ id, expiresAt }) {
      // A minute longer than it can be valid, for the leeway of who verifies.
      const left = expiresAt.getTime() - clock.now() + 60_000;
      if (left > 0) await ask(() => redis.call('SET', idKey(id), '1', 'PX', Math.ceil(left)));
    },
    async revokeAll(subject) {
      const values = [Math.ceil(clock.now()), lifetimeMs + 60_000];
      await ask(() => runScript(redis, revokeSince, [subjectKey(subject)], values));
    },
  };
}
