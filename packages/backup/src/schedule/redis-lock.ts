import { randomBytes } from 'node:crypto';
import {
  type Clock,
  DeadlineError,
  type DurationInput,
  errorCode,
  invalidOption,
  optionsOf,
  parseDuration,
  type RedisCommands,
  systemClock,
  withDeadline,
} from '@seaworthy/contracts';
import { BackupError } from '../backup-error.js';
import { whileKept } from './kept-lock.js';
import type { RunLock } from './run-lock.js';

export interface RedisLockOptions {
  /** Names what is locked; the key in Redis is `<key>:<job>`. */
  readonly key: string;
  /** For so long the lock outlives an instance that died. @defaultValue '60s' */
  readonly ttl?: DurationInput;
  /** @defaultValue the machine's */
  readonly clock?: Clock;
}

const readOptions = optionsOf<RedisLockOptions>('redisLock', { key: true, ttl: true, clock: true });

const renew = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) else return 0 end`;
const give = `if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end`;

/**
 * A lock that Redis keeps for `ttl` and that is renewed three times as often. A Redis that loses its data may let a second
 * instance in: the one that finds its lock gone stops its backup.
 *
 * @throws OptionsError
 *
 * @example
 * const lock = redisLock(redis.commands, { key: 'crm:backup' });
 */
export function redisLock(redis: RedisCommands, options: RedisLockOptions): RunLock {
  const { key, ttl = '60s', clock = systemClock } = readOptions(options);
  if (typeof key !== 'string' || key === '') throw invalidOption('redisLock', 'key', 'a name');
  const ttlMs = parseDuration(ttl);
  if (!Number.isInteger(ttlMs) || ttlMs < 3_000) throw invalidOption('redisLock', 'ttl', 'at least 3s');
  const everyMs = Math.floor(ttlMs / 3);
  /** A client without a server may wait for one for ever. */
  const call: RedisCommands['call'] = (...command) =>
    withDeadline(() => redis.call(...command), {
      timeoutMs: everyMs,
      what: 'The lock of a backup',
      clock,
    }).catch((error: unknown) => {
      throw DeadlineError.is(error) ? error : notAsked(error);
    });

  return {
    async tryHold(job, work) {
      const name = `${key}:${job}`;
      const token = randomBytes(16).toString('hex');
      if (String(await call('SET', name, token, 'PX', ttlMs, 'NX')) !== 'OK') return { held: false };
      const stillMine = async (): Promise<boolean> =>
        Number(await redis.call('EVAL', renew, 1, name, token, ttlMs)) === 1;
      const kept = { stillMine, everyMs, sureForMs: ttlMs, clock };
      try {
        return { held: true, value: await whileKept(kept, work) };
      } finally {
        // Where Redis is gone, the lock ends by itself.
        await call('EVAL', give, 1, name, token).catch(() => undefined);
      }
    },
  };
}

/** The client's own error is not kept: that of ioredis holds the command that was refused, a login with its password. */
function notAsked(error: unknown): BackupError {
  const word = error instanceof Error ? /^[A-Z]{2,30}(?= )/.exec(error.message)?.[0] : undefined;
  return new BackupError(
    `Redis did not answer for the lock of a backup (${errorCode(error) ?? word ?? 'no reason given'}). Check its address and password.`,
    { code: 'BACKUP_CONNECT_FAILED', stage: 'prepare', tool: 'redis' },
  );
}
