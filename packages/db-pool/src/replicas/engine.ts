import { type Clock, type SqlQuery, sleep } from '@seaworthy/contracts';
import type { QueryRunner } from '../session/runner.js';
import { sql } from '../sql/sql.js';
import type { PositionKind } from './position.js';

/** What a server says about itself. */
export interface ServerState {
  /** It follows another one, or refuses writes. */
  readonly isReplica: boolean;
  /** What it has written as a primary, or applied as a replica. */
  readonly position: string;
}

export interface WaitOptions {
  readonly position: string;
  readonly timeoutMs: number;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

/** How one kind of server tells roles and positions. */
export interface ReplicationEngine {
  readonly kind: PositionKind;
  readonly state: SqlQuery;
  /** What a token holds: at least everything that has been committed until now. */
  readonly written: SqlQuery;
  /** Whether the server has applied `position` within the time. */
  waitFor(db: QueryRunner, options: WaitOptions): Promise<boolean>;
}

interface Row {
  readonly value: unknown;
}

const longestPauseMs = 50;

const postgres: ReplicationEngine = {
  kind: 'lsn',
  // What is flushed is what replicas get, and it ends where a record ends.
  state: sql`select pg_is_in_recovery() as "isReplica",
    case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_flush_lsn() end::text as position`,
  // A commit is flushed when it is answered, but with synchronous_commit = off, which a transaction may have set for itself, it is only
  // inserted. A transaction number makes this statement a commit of its own, which flushes what is inserted.
  written: sql`select (case when pg_current_wal_insert_lsn() = pg_current_wal_flush_lsn() then pg_current_wal_flush_lsn()
    when txid_current() > 0 then pg_current_wal_insert_lsn() end)::text as value`,
  async waitFor(db, { position, timeoutMs, clock, signal }) {
    const until = clock.monotonic() + timeoutMs;
    for (let pauseMs = 2; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      const { value } = await db.one<Row>(
        sql`select coalesce(pg_last_wal_replay_lsn() >= ${position}::pg_lsn, false) as value`,
        { timeout: Math.max(until - clock.monotonic(), 1), signal },
      );
      if (value === true) return true;
      if (clock.monotonic() + pauseMs >= until) return false;
      await sleep(clock, pauseMs, { signal });
    }
  },
};

const mariadb: ReplicationEngine = {
  kind: 'mariadb-gtid',
  state: sql`select @@global.read_only as isReplica,
    if(@@global.read_only, @@global.gtid_slave_pos, @@global.gtid_binlog_pos) as position`,
  written: sql`select @@global.gtid_binlog_pos as value`,
  async waitFor(db, { position, timeoutMs, signal }) {
    const { value } = await db.one<Row>(
      sql`select master_gtid_wait(${position}, ${timeoutMs / 1_000}) as value`,
      { timeout: timeoutMs + answerMs, signal },
    );
    return Number(value) === 0;
  },
};

const mysql: ReplicationEngine = {
  kind: 'mysql-gtid',
  state: sql`select @@global.read_only as isReplica, @@global.gtid_executed as position`,
  written: sql`select @@global.gtid_executed as value`,
  async waitFor(db, { position, timeoutMs, signal }) {
    const { value } = await db.one<Row>(
      // Whole seconds; 0 would wait for ever.
      sql`select wait_for_executed_gtid_set(${position}, ${Math.max(Math.ceil(timeoutMs / 1_000), 1)}) as value`,
      { timeout: timeoutMs + answerMs, signal },
    );
    return Number(value) === 0;
  },
};

/** The server ends the wait by itself; its answer may take so long. */
const answerMs = 500;

/** Asks the server which kind it is. */
export async function replicationEngineOf(db: QueryRunner, timeoutMs: number): Promise<ReplicationEngine> {
  if (db.dialect === 'postgres') return postgres;
  const { value } = await db.one<Row>(sql`select version() as value`, { timeout: timeoutMs });
  return String(value).includes('MariaDB') ? mariadb : mysql;
}

export async function stateOf(
  db: QueryRunner,
  engine: ReplicationEngine,
  timeoutMs: number,
): Promise<ServerState> {
  const row = await db.one<{ isReplica: unknown; position: unknown }>(engine.state, { timeout: timeoutMs });
  const { isReplica } = row;
  return {
    // MariaDB 12 has words for it.
    isReplica: isReplica === true || !['0', 'false', 'off', ''].includes(String(isReplica).toLowerCase()),
    position: String(row.position ?? ''),
  };
}
