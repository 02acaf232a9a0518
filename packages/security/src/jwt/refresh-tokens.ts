import { createHash, randomBytes } from 'node:crypto';
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
import { createKeyring, type KeyInput } from '../keyring.js';
import { isKeyPrefix, type RedisScript, runScript } from '../redis-script.js';
import { tellListener } from '../tell-listener.js';
import { beginFamily, endAllFamilies, endFamily, useFamily } from './refresh-scripts.js';
import { TokenError, tokensUnavailable } from './token-error.js';
import { tokenRemote } from './token-remote.js';

export interface RefreshTokensOptions {
  /** An ioredis `Redis` or `Cluster`, or anything with `call(command, ...args)`. */
  readonly redis: RedisCommands;
  /** The service's own name in front of every key. */
  readonly prefix: string;
  /** At least 32 characters each, the newest first: it signs, all are believed. Keep an old one for `lifetime`. */
  readonly keys: readonly KeyInput[];
  /** A family ends after so long, however much it is used. @defaultValue '30d' */
  readonly lifetime?: DurationInput;
  /** A family that is not used for so long ends. @defaultValue '7d' */
  readonly idle?: DurationInput;
  /** The oldest family goes when a user begins another. @defaultValue 20 */
  readonly maxPerUser?: number;
  /** An answer that takes longer counts as no answer. @defaultValue 250 */
  readonly deadlineMs?: number;
  /** Told that a token was used twice: whose the family was. What it throws is logged and changes nothing. */
  readonly onReuse?: (event: { readonly user: string }) => void;
  /** @defaultValue silentLogger */
  readonly logger?: Logger;
  /** @defaultValue systemClock */
  readonly clock?: Clock;
}

export type RefreshResult =
  /** The token that was shown is used up; this one is next. */
  | { readonly kind: 'rotated'; readonly user: string; readonly token: string; readonly endsInMs: number }
  /** It was used before, so two have it and one of them is a thief: the whole family is revoked. */
  | { readonly kind: 'reused'; readonly user: string }
  /** Not ours, ended or revoked. */
  | { readonly kind: 'unknown' };

export interface RefreshTokens {
  /** Begins a family, at login. */
  begin(user: string): Promise<{ readonly token: string }>;
  /** Uses a token up and gives the next one: of many who show the same one at once, one gets it. */
  use(token: string): Promise<RefreshResult>;
  /** Ends the family of a token, used up or not: a logout. */
  revoke(token: string): Promise<void>;
  /** Ends all of a user's families, and returns how many there were. */
  revokeAll(user: string): Promise<number>;
}

const readOptions = optionsOf<RefreshTokensOptions>('createRefreshTokens', {
  redis: true,
  prefix: true,
  keys: true,
  lifetime: true,
  idle: true,
  maxPerUser: true,
  deadlineMs: true,
  onReuse: true,
  logger: true,
  clock: true,
});

const owner = 'createRefreshTokens';
const purpose = 'refresh-token-1';
const shape = /^1\.([\w-]{22})\.([\w-]{22})\.([\w-]{43})\.([\w-]{43})$/;
const word = (bytes: number): string => randomBytes(bytes).toString('base64url');
const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

/**
 * Refresh tokens that are used once, in families (RFC 9700, 4.14.2): whoever shows one a second time ends the whole family.
 *
 * A client must not refresh twice at once, and one that never got the answer to its refresh has to log in again.
 *
 * @example
 * const refresh = createRefreshTokens({ redis, prefix: 'kpi', keys: [config.REFRESH_KEY] });
 * const result = await refresh.use(req.body.refreshToken);
 * if (result.kind !== 'rotated') return res.status(401).end();
 * res.json({ token: (await tokens.sign(result.user)).token, refreshToken: result.token });
 */
export function createRefreshTokens(options: RefreshTokensOptions): RefreshTokens {
  const { redis, prefix, maxPerUser = 20, deadlineMs = 250, onReuse } = readOptions(options);
  const { lifetime = '30d', idle = '7d', logger = silentLogger, clock = systemClock } = options;
  if (!isKeyPrefix(prefix)) throw invalidOption(owner, 'prefix', 'at most 64 letters, digits and . : _ -');
  const lifetimeMs = wholeNumber(owner, 'lifetime', parseDuration(lifetime), {
    min: 1_000,
    max: 366 * 86_400_000,
  });
  const idleMs = wholeNumber(owner, 'idle', parseDuration(idle), { min: 1_000, max: lifetimeMs });
  wholeNumber(owner, 'maxPerUser', maxPerUser, { min: 1, max: 1_000 });
  wholeNumber(owner, 'deadlineMs', deadlineMs, { min: 1, max: 10_000 });
  const keyring = createKeyring(owner, 'keys', options.keys);
  const remote = tokenRemote({
    what: 'Refresh tokens',
    consequence: 'refreshing gets 503',
    deadlineMs,
    logger,
    clock,
  });
  const familyKey = (group: string, family: string): string => `${prefix}:refresh:{${group}}:${family}`;
  const indexKey = (group: string): string => `${prefix}:refreshes:{${group}}`;

  const ask = (
    script: RedisScript,
    keys: readonly string[],
    values: ReadonlyArray<string | number>,
  ): Promise<unknown> => remote(() => runScript(redis, script, keys, values));

  function tokenOf(group: string, family: string, secret: string): string {
    const text = `1.${group}.${family}.${secret}`;
    return `${text}.${keyring.sign(purpose, text)}`;
  }

  /** What a token says, if one of the keys signed it: nobody ends a family by guessing. */
  function read(
    token: string,
  ): { readonly group: string; readonly family: string; readonly secret: string } | undefined {
    const [, group, family, secret, signature] = shape.exec(token) ?? [];
    if (group === undefined || family === undefined || secret === undefined || signature === undefined)
      return undefined;
    const isOurs = keyring.verify(purpose, `1.${group}.${family}.${secret}`, signature);
    return isOurs ? { group, family, secret } : undefined;
  }

  function tellReuse(user: string): void {
    logger.warn('A refresh token was used twice; its family is revoked');
    tellListener(onReuse, { user }, (error) =>
      logger.error('onReuse of createRefreshTokens threw', { error }),
    );
  }

  return {
    async begin(user) {
      if (typeof user !== 'string' || user === '' || user.length > 256) {
        throw new TokenError('A refresh token belongs to a user id of 1 to 256 characters.', {
          code: 'SECURITY_TOKEN_CLAIMS',
          statusCode: 500,
        });
      }
      const [group] = keyring.names('refresh-group', user);
      const [family, secret] = [word(16), word(32)];
      const values = [family, user, hashOf(secret), idleMs, lifetimeMs, maxPerUser, familyKey(group, '')];
      await ask(beginFamily, [familyKey(group, family), indexKey(group)], values);
      return { token: tokenOf(group, family, secret) };
    },
    async use(token) {
      const known = read(token);
      if (known === undefined) return { kind: 'unknown' };
      const { group, family, secret } = known;
      const next = word(32);
      const values = [family, hashOf(secret), hashOf(next), idleMs];
      const answer = await ask(useFamily, [familyKey(group, family), indexKey(group)], values);
      const [kind, user, left] = Array.isArray(answer) ? answer.map(String) : [];
      // A client whose answers slipped out of step with its questions would make one user of another.
      if (user !== undefined && !keyring.names('refresh-group', user).includes(group))
        throw tokensUnavailable();
      if (kind === 'reused' && user !== undefined) {
        tellReuse(user);
        return { kind, user };
      }
      if (kind !== 'rotated' || user === undefined) return { kind: 'unknown' };
      return { kind, user, token: tokenOf(group, family, next), endsInMs: Number(left) };
    },
    async revoke(token) {
      const known = read(token);
      if (known === undefined) return;
      await ask(endFamily, [familyKey(known.group, known.family), indexKey(known.group)], [known.family]);
    },
    async revokeAll(user) {
      let ended = 0;
      for (const group of keyring.names('refresh-group', user)) {
        ended += Number(await ask(endAllFamilies, [indexKey(group)], [familyKey(group, '')]));
      }
      return ended;
    },
  };
}
