import { randomUUID } from 'node:crypto';
import {
  type Clock,
  invalidOption,
  optionsOf,
  type SqlDialect,
  type SqlExecutor,
  systemClock,
  wholeNumber,
} from '@seaworthy/contracts';
import { noteRecord } from '../requests/audited.js';
import { AuditError } from './audit-error.js';
import { type AuditEvent, eventWriter } from './audit-event.js';
import {
  type AuditOptions,
  auditOptionNames,
  auditRedactor,
  purgeable,
  retentionOf,
} from './audit-options.js';
import { isLogName } from './audit-tail.js';
import { type AuditCheckpoint, type ChainHead, genesis, signerOf } from './chain.js';
import { purgeMembers, recordBuilder } from './records.js';
import { signedBeginning } from './signed-beginning.js';
import { auditTables, lineOf } from './sql-tables.js';
import { turns } from './turns.js';

export interface SqlAuditOptions extends AuditOptions {
  /** Letters, digits and underscores. @defaultValue 'audit_log' */
  readonly table?: string;
}

/** An audit trail in a table. */
export interface SqlAudit {
  /** The statements that make its tables, for a migration; they may run twice. */
  schema(dialect: SqlDialect): readonly string[];
  /**
   * Adds a record in the caller's transaction: both are there, or none. Records of a log follow one another, so a second transaction
   * waits here until the first has ended; record last. Several of one transaction may be asked for at once.
   *
   * @throws what the database throws; then the transaction has to be rolled back.
   */
  record(transaction: SqlExecutor, event: AuditEvent): Promise<ChainHead>;
  /** Signs what stands there, in a transaction. Keep what it returns elsewhere. */
  checkpoint(transaction: SqlExecutor): Promise<AuditCheckpoint>;
  /** Deletes whole days that are older, in a transaction, and records that it did. @returns how many records. */
  purge(transaction: SqlExecutor, olderThanDays: number): Promise<number>;
  /** The records in their order, for {@link verifyAudit}; where a purge may run meanwhile, in a transaction that is REPEATABLE READ. */
  rows(executor: SqlExecutor): AsyncIterable<Uint8Array>;
}

interface State {
  readonly head: ChainHead;
  readonly log: string;
  readonly day: number;
  readonly sinceCheckpoint: number;
}

interface Row {
  readonly seq: number;
  readonly at: string;
  readonly kind: string;
  readonly line: string;
}

const readOptions = optionsOf<SqlAuditOptions>('createSqlAudit', { ...auditOptionNames, table: true });
const dayMs = 86_400_000;
const page = 1_000;
const columns = 'seq, recorded_at, kind, hash, body';

/**
 * An audit log in PostgreSQL or MySQL: the chain of {@link createAuditLog}, with records written in the transaction of what they
 * are about.
 *
 * @throws OptionsError for a wrong option; AuditError `AUDIT_RETENTION`.
 *
 * @example
 * const audit = createSqlAudit({ key: privateKeyPem, environment: 'production' });
 * await db.transaction(async (tx) => {
 *   await updateCustomer(tx, id, next);
 *   await audit.record(tx, { actor, action: 'customer.update', target: { id }, outcome: 'success', changes });
 * });
 */
export function createSqlAudit(options: SqlAuditOptions): SqlAudit {
  const given = readOptions(options);
  const { table = 'audit_log', checkpointEvery = 1_000 } = given;
  const clock: Clock = given.clock ?? systemClock;
  if (!/^[A-Za-z_]\w{0,40}$/.test(table)) {
    throw invalidOption('createSqlAudit', 'table', 'a name of letters, digits and underscores');
  }
  wholeNumber('createSqlAudit', 'checkpointEvery', checkpointEvery, { min: 1 });
  const retentionDays = retentionOf(given);
  const signer = signerOf(given.key, given.formerKeys);
  const writeEvent = eventWriter(given.redactor ?? auditRedactor());
  const inTurn = turns();
  const now = (): string => new Date(clock.now()).toISOString();

  /** The end of the chain, ours until the transaction ends. */
  async function lock(transaction: SqlExecutor): Promise<State> {
    const { rows } = await transaction.execute<Record<string, unknown>>({
      strings: [`select seq, hash, log, day, since from ${table}_head where id = 1 for update`],
      values: [],
    });
    const [row] = rows;
    if (row === undefined) {
      throw new AuditError(`The table ${table}_head has no row. Run the statements of schema() first.`, {
        code: 'AUDIT_FORMAT',
      });
    }
    const seq = Number(row.seq);
    const log = seq === -1 ? randomUUID() : String(row.log);
    // It becomes part of what is signed.
    if (!isLogName(log)) {
      throw new AuditError(`The row of ${table}_head is not one of ours. Run verifyAudit; restore a copy.`, {
        code: 'AUDIT_FORMAT',
      });
    }
    return {
      head: seq === -1 ? genesis : { seq, hash: String(row.hash) },
      log,
      day: Number(row.day),
      sinceCheckpoint: Number(row.since),
    };
  }

  async function write(
    transaction: SqlExecutor,
    kind: 'event' | 'purge' | 'mark',
    members: string,
    sign = false,
  ): Promise<{ readonly head: ChainHead; readonly checkpoint: AuditCheckpoint | undefined }> {
    const state = await lock(transaction);
    const { log } = state;
    const builder = recordBuilder(state.head, log, signer);
    const at = now();
    const rows: Row[] = [];
    const day = Math.floor(clock.now() / dayMs);
    let unsigned = state.sinceCheckpoint;
    const isNew = state.head.seq === -1;
    if (isNew || day !== state.day) {
      const seq = state.head.seq + 1;
      const [first, { line }] = builder.beginning(at);
      rows.push({ seq, at, kind: isNew ? 'begin' : 'segment', line: first });
      rows.push({ seq: seq + 1, at, kind: 'checkpoint', line });
      unsigned = 0;
    }
    const line = builder.add(kind, at, members);
    const { head } = builder;
    rows.push({ seq: head.seq, at, kind, line });
    unsigned += 1;
    let checkpoint: AuditCheckpoint | undefined;
    if (sign || unsigned >= checkpointEvery) {
      const signed = builder.checkpoint(at);
      checkpoint = signed.checkpoint;
      rows.push({ seq: checkpoint.seq, at, kind: 'checkpoint', line: signed.line });
      unsigned = 0;
    }
    for (const row of rows) await insert(transaction, row);
    await transaction.execute({
      strings: [
        `update ${table}_head set seq = `,
        ', hash = ',
        ', log = ',
        ', day = ',
        ', since = ',
        ' where id = 1',
      ],
      values: [builder.head.seq, builder.head.hash, log, day, unsigned],
    });
    return { head, checkpoint };
  }

  async function insert(transaction: SqlExecutor, { seq, at, kind, line }: Row): Promise<void> {
    await transaction.execute({
      strings: [
        `insert into ${table} (seq, recorded_at, kind, hash, body) values (`,
        ', ',
        ', ',
        ', ',
        ', ',
        ')',
      ],
      values: [seq, at, kind, line.slice(0, 64), line.slice(65, -1)],
    });
  }

  async function purge(transaction: SqlExecutor, olderThanDays: number): Promise<number> {
    const before = new Date(clock.now() - olderThanDays * dayMs).toISOString();
    const { log } = await lock(transaction);
    // By the first young record and not by the segments' dates: a clock that was set back for a while dates new ones long ago.
    const young = await transaction.execute<Record<string, unknown>>({
      strings: [`select seq from ${table} where recorded_at > `, ' order by seq limit 1'],
      values: [before],
    });
    const segment = await transaction.execute<Record<string, unknown>>({
      strings: [
        `select seq from ${table} where kind = 'segment' and seq > (select min(seq) from ${table}) and seq < `,
        ' order by seq desc limit 1',
      ],
      values: [Number(young.rows[0]?.seq ?? Number.MAX_SAFE_INTEGER)],
    });
    const first = segment.rows[0]?.seq;
    if (first === undefined) return 0;
    const { rows } = await transaction.execute<Record<string, unknown>>({
      strings: [`select ${columns} from ${table} where seq >= `, ' order by seq limit 2'],
      values: [Number(first)],
    });
    const [one = new Uint8Array(), other = new Uint8Array()] = rows.map(lineOf);
    const { seq, previous } = signedBeginning([one, other], signer, log, Date.parse(before));
    const removed = await transaction.execute({
      strings: [`delete from ${table} where seq < `, ''],
      values: [seq],
    });
    const taken = { log, through: seq - 1, hash: previous, before };
    await write(transaction, 'purge', purgeMembers(taken, signer));
    return removed.rowCount;
  }

  return {
    schema: (dialect) => auditTables(table, dialect),
    async record(transaction, event) {
      const members = writeEvent(event);
      const written = inTurn(transaction, () => write(transaction, 'event', members));
      return (await noteRecord(written, { outcome: event.outcome, stays: false })).head;
    },
    async checkpoint(transaction) {
      const { checkpoint } = await inTurn(transaction, () => write(transaction, 'mark', '', true));
      if (checkpoint === undefined) throw new AuditError('No checkpoint.', { code: 'AUDIT_BROKEN' });
      return checkpoint;
    },
    async purge(transaction, olderThanDays) {
      purgeable(olderThanDays, retentionDays);
      return inTurn(transaction, () => purge(transaction, olderThanDays));
    },
    async *rows(executor) {
      for (let after = -1; ; ) {
        const { rows } = await executor.execute<Record<string, unknown>>({
          strings: [`select ${columns} from ${table} where seq > `, ` order by seq limit ${page}`],
          values: [after],
        });
        for (const row of rows) {
          yield lineOf(row);
          after = Number(row.seq);
        }
        if (rows.length < page) return;
      }
    },
  };
}
