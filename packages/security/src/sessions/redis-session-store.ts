import { invalidOption, optionsOf, type RedisCommands, wholeNumber } from '@seaworthy/contracts';
import { isKeyPrefix, runScript } from '../redis-script.js';
import {
  createSession,
  endAllSessions,
  endSessions,
  holdNote,
  layoutVersion,
  listSessions,
  readSession,
  takeNote,
  writeSession,
} from './session-scripts.js';
import type { SessionPlace, SessionRecord, SessionStore } from './session-store.js';

export interface RedisSessionStoreOptions {
  /** The service's own name in front of every key, so that two services on one Redis keep their sessions apart. */
  readonly prefix: string;
  /** An answer that takes longer counts as no answer. @defaultValue 250 */
  readonly deadlineMs?: number;
}

const readOptions = optionsOf<RedisSessionStoreOptions>('redisSessionStore', {
  prefix: true,
  deadlineMs: true,
});

/**
 * Keeps sessions in Redis or a Redis Cluster, one script call a request: a hash that expires for each, and for each user a
 * sorted set of theirs.
 *
 * Keys look like `crm:session:{9fK…}:4hV…`, made of hashes: a copy of Redis gives nobody a cookie. Give the client no offline
 * queue, so that commands do not pile up in it while Redis is away, and Redis no eviction (`noeviction` or `volatile-ttl`).
 *
 * @example
 * redisSessionStore(new Redis(url, { enableOfflineQueue: false }), { prefix: 'crm' });
 */
export function redisSessionStore(redis: RedisCommands, options: RedisSessionStoreOptions): SessionStore {
  const { prefix, deadlineMs = 250 } = readOptions(options);
  if (!isKeyPrefix(prefix)) {
    throw invalidOption('redisSessionStore', 'prefix', 'at most 64 letters, digits and . : _ -');
  }
  wholeNumber('redisSessionStore', 'deadlineMs', deadlineMs, { min: 1, max: 10_000 });
  const groupKey = (group: string): string => `${prefix}:session:{${group}}:`;
  const sessionKey = ({ group, key }: SessionPlace): string => groupKey(group) + key;
  const indexKey = (group: string): string => `${prefix}:sessions:{${group}}`;

  return {
    deadlineMs,
    async create(place, { user = '', data, about, idleMs, lifetimeMs, maxPerUser }) {
      const keys = [sessionKey(place), indexKey(place.group)];
      const values = [place.key, user, data, about, idleMs, lifetimeMs, maxPerUser, groupKey(place.group)];
      await runScript(redis, createSession, keys, values);
    },
    async read(place, idleMs) {
      const record = recordOf(await runScript(redis, readSession, [sessionKey(place)], [idleMs]));
      if (record !== undefined && record.key !== place.key) throw new TypeError(foreignAnswer);
      return record;
    },
    async write(place, revision, data) {
      const answer = await runScript(redis, writeSession, [sessionKey(place)], [revision, data]);
      return answer === 1 ? 'written' : answer === 0 ? 'changed' : 'gone';
    },
    async hold(place, name, note, lifetimeMs) {
      return (await runScript(redis, holdNote, [sessionKey(place)], [name, note, lifetimeMs])) === 1;
    },
    async take(place, name) {
      const note = await runScript(redis, takeNote, [sessionKey(place)], [name]);
      return typeof note === 'string' ? note : undefined;
    },
    async list(group) {
      const answer = await runScript(redis, listSessions, [indexKey(group)], [groupKey(group)]);
      const found: readonly unknown[] = Array.isArray(answer) ? answer : [];
      return found.map(recordOf).filter((record) => record !== undefined);
    },
    async end(group, keys) {
      return Number(await runScript(redis, endSessions, [indexKey(group)], [groupKey(group), ...keys]));
    },
    async endAll(group, except = '') {
      return Number(await runScript(redis, endAllSessions, [indexKey(group)], [groupKey(group), except]));
    },
  };
}

/** A client whose answers slipped out of step with its questions would hand one user's session to another. */
const foreignAnswer = 'Redis answered with another session than it was asked for.';

function recordOf(answer: unknown): (SessionRecord & { readonly key: string }) | undefined {
  if (!Array.isArray(answer)) throw new TypeError(foreignAnswer);
  const [version, key, user, data, revision, about, ...times] = answer;
  const [count = Number.NaN, createdAt = Number.NaN, seenAt = Number.NaN, endsAt = Number.NaN] = [
    revision,
    ...times,
  ].map(wholeOf);
  if (version !== layoutVersion || typeof key !== 'string' || typeof data !== 'string') return undefined;
  if (![count, createdAt, seenAt, endsAt].every(Number.isSafeInteger)) return undefined;
  return {
    key,
    user: typeof user === 'string' && user !== '' ? user : undefined,
    data,
    revision: count,
    about: String(about ?? ''),
    createdAt,
    seenAt,
    endsAt,
  };
}

/** `Number('')` is 0. */
function wholeOf(text: unknown): number {
  return /^\d+$/.test(String(text)) ? Number(text) : Number.NaN;
}
