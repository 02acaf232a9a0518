import { createHash } from 'node:crypto';
import {
  type Clock,
  invalidOption,
  optionsOf,
  type SqlExecutor,
  type SqlQuery,
  systemClock,
  withDeadline,
} from '@seaworthy/contracts';
import { whileKept } from './kept-lock.js';
import type { RunLock } from './run-lock.js';

/** One connection to the server itself, not to a pooler that changes servers between transactions. */
export interface LockConnection extends SqlExecutor {
  /** Gives the connection back. */
  [Symbol.asyncDispose](): Promise<void>;
}

export interface SqlLockOptions {
  /** Names what is locked. Instances of one application share it; on MySQL it is seen by the whole server. */
  readonly key: string;
  /** @defaultValue the machine's */
  readonly clock?: Clock;
}

const readOptions = optionsOf<SqlLockOptions>('sqlLock', { key: true, clock: true });

/** How often the connection is asked whether it is still the same, and how long it may take over each answer. */
const everyMs = 15_000;

/**
 * A lock that PostgreSQL (`pg_try_advisory_lock`) or MySQL (`get_lock`) keeps as long as the connection lives: when the process
 * dies, the lock is free.
 *
 * @param connect - Borrows a connection for as long as a backup takes.
 * @throws OptionsError
 *
 * @example
 * const lock = sqlLock(() => db.connect({ timeout: '12h' }), { key: 'kpi' });
 */
export function sqlLock(connect: () => Promise<LockConnection>, options: SqlLockOptions): RunLock {
  const { key, clock = systemClock } = readOptions(options);
  if (typeof key !== 'string' || key === '') throw invalidOption('sqlLock', 'key', 'a name');
  const bound = { timeoutMs: everyMs, what: 'The lock of a backup', clock };

  /** A connection that comes when nobody waits for it any more is given back. */
  async function connected(): Promise<LockConnection> {
    const connecting = connect();
    try {
      return await withDeadline(() => connecting, bound);
    } catch (error) {
      connecting.then((late) => late[Symbol.asyncDispose]()).catch(() => undefined);
      throw error;
    }
  }

  return {
    async tryHold(job, work) {
      const connection = await connected();
      const words = statements[connection.dialect](`${key}:${job}`);
      const asked = async (query: SqlQuery, signal: AbortSignal): Promise<string> =>
        String(Object.values((await connection.execute(query, { signal })).rows[0] ?? {})[0]);
      const ask = (query: SqlQuery): Promise<string> => withDeadline((signal) => asked(query, signal), bound);
      try {
        if (!isYes(await ask(words.take))) return { held: false };
        try {
          const session = await ask(words.session);
          const stillMine = async (signal: AbortSignal): Promise<boolean> =>
            (await asked(words.session, signal)) === session;
          return { held: true, value: await whileKept({ stillMine, everyMs, sureForMs: 0, clock }, work) };
        } finally {
          // A connection that is gone has given its lock back already; one that goes to another borrower would keep it for ever.
          await ask(words.give).catch(() => undefined);
        }
      } finally {
        // One that does not even end holds up neither the next run nor a close.
        await withDeadline(() => connection[Symbol.asyncDispose](), bound).catch(() => undefined);
      }
    },
  };
}

const isYes = (answer: string): boolean => answer === 'true' || answer === '1';

interface LockStatements {
  readonly take: SqlQuery;
  readonly session: SqlQuery;
  readonly give: SqlQuery;
}

const statements = {
  postgres(name: string): LockStatements {
    const number = createHash('sha256').update(name).digest().readBigInt64BE().toString();
    return {
      take: { strings: ['select pg_try_advisory_lock(', '::bigint) as mine'], values: [number] },
      session: { strings: ['select pg_backend_pid() as session'], values: [] },
      give: { strings: ['select pg_advisory_unlock(', '::bigint) as given'], values: [number] },
    };
  },
  mysql(name: string): LockStatements {
    // MySQL allows 64 characters.
    const short = `seaworthy-${createHash('sha256').update(name).digest('hex').slice(0, 40)}`;
    return {
      take: { strings: ['select get_lock(', ', 0) as mine'], values: [short] },
      session: { strings: ['select connection_id() as session'], values: [] },
      give: { strings: ['select release_lock(', ') as given'], values: [short] },
    };
  },
};
