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
import { tokenRemote } from './token-remote.js';

/** A token that is asked about. */
export interface IssuedToken {
  readonly id: string;
  readonly subject: string;
  /** By the clock of who issued it. */
  readonly issuedMs: number;
  /** The subject's when it was signed; `undefined` in a token that was signed without revocations. */
  readonly generation: number | undefined;
}

/** Tokens that shall not be believed although they have not expired. */
export interface JwtRevocations {
  /**
   * What a token that is signed now carries: a number that only grows, at each revocation of all of the subject's. No clock
   * can then take a token of before for one of after.
   *
   * @throws TokenError `SECURITY_TOKENS_UNAVAILABLE`
   */
  generationOf(subject: string): Promise<number>;
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
  /** At least the lifetime of the tokens: for so long, and ten minutes, it is remembered that all of a user's were revoked. */
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

/** What the clocks of those who sign, verify and revoke may be apart before a revocation is forgotten too early. */
const clocksApartMs = 600_000;

/**
 * The next generation is Redis' own time, in microseconds: above all before it, those among them that are forgotten already.
 * Where that clock was set back it is one more than the one that is there. KEYS: subject. ARGV: lifetime.
 */
const nextGeneration = redisScript(`
local time = redis.call('TIME')
local before = tonumber(redis.call('GET', KEYS[1]) or '') or 0
local next = math.max(time[1] * 1000000 + time[2], before + 1)
return redis.call('SET', KEYS[1], string.format('%.0f', next), 'PX', ARGV[1])
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
  const ask = tokenRemote({
    what: 'Token revocations',
    consequence: 'tokens get 503',
    deadlineMs,
    logger,
    clock,
  });
  const hash = (text: string): string => createHash('sha256').update(text).digest('base64url');
  const idKey = (id: string): string => `${prefix}:jwt:v1:revoked:${hash(id)}`;
  const subjectKey = (subject: string): string => `${prefix}:jwt:v1:generation:${hash(subject)}`;

  return {
    async generationOf(subject) {
      return Number((await ask(() => redis.call('GET', subjectKey(subject)))) ?? 0);
    },
    async isRevoked({ id, subject, issuedMs, generation }) {
      const [revoked, current] = await ask(() =>
        Promise.all([redis.call('GET', idKey(id)), redis.call('GET', subjectKey(subject))]),
      );
      if (revoked !== null) return true;
      if (current === null) return false;
      const isLater =
        generation === undefined ? issuedMs * 1_000 > Number(current) : generation >= Number(current);
      return !isLater;
    },
    async revoke({ id, expiresAt }) {
      const left = Math.min(Math.max(0, expiresAt.getTime() - clock.now()), lifetimeMs);
      await ask(() => redis.call('SET', idKey(id), '1', 'PX', Math.ceil(left) + clocksApartMs));
    },
    async revokeAll(subject) {
      const values = [lifetimeMs + clocksApartMs];
      await ask(() => runScript(redis, nextGeneration, [subjectKey(subject)], values));
    },
  };
}
