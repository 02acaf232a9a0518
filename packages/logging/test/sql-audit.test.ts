import { generateKeyPairSync } from 'node:crypto';
import { createFakeClock, describeWith } from '@seaworthy/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  type AuditCheckpoint,
  createSqlAudit,
  type SqlAuditOptions,
  verifyAudit,
} from '../src/audit/index.js';
import { forge } from './support/audit-log.js';
import { type TestSql, testSql } from './support/sql-executors.js';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const publicKeys = [publicKey];
const event = (id: number) =>
  ({ actor: 'u1', action: 'customer.update', target: { id, name: 'Zoë 😀' }, outcome: 'success' }) as const;

for (const engine of ['postgres', 'mysql'] as const) {
  describeWith([engine], `an audit table on ${engine}`, () => {
    let sql: TestSql;
    let tables = 0;
    beforeAll(async () => {
      sql = await testSql(engine);
    });
    afterAll(() => sql?.close());

    async function auditTable(options: Partial<SqlAuditOptions> = {}) {
      tables += 1;
      const table = `audit_${tables}`;
      const audit = createSqlAudit({ key: privateKey, environment: 'production', table, ...options });
      for (const _twice of [1, 2]) {
        for (const statement of audit.schema(engine))
          await sql.executor.execute({ strings: [statement], values: [] });
      }
      const run = async (text: string) => (await sql.executor.execute({ strings: [text], values: [] })).rows;
      return { audit, table, run };
    }

    test('[row 93] holds what concurrent transactions recorded, in one chain that verifies', async () => {
      const { audit } = await auditTable({ checkpointEvery: 5 });
      const ids = Array.from({ length: 20 }, (_, index) => index);
      await Promise.all(ids.map((id) => sql.transaction((tx) => audit.record(tx, event(id)))));
      const checkpoint = await sql.transaction((tx) => audit.checkpoint(tx));
      const verdict = await verifyAudit(audit.rows(sql.executor), { publicKeys, anchors: [checkpoint] });
      expect(verdict).toMatchObject({ ok: true, unsigned: 0 });
    });

    test('a record is there with its transaction or not at all', async () => {
      const { audit, table, run } = await auditTable();
      await sql.transaction((tx) => audit.record(tx, event(1)));
      const failing = sql.transaction(async (tx) => {
        await audit.record(tx, event(2));
        throw new Error('rolled back');
      });
      await expect(failing).rejects.toThrow('rolled back');
      await sql.transaction((tx) => audit.record(tx, event(3)));
      const rows = await run(`select body from ${table} where kind = 'event' order by seq`);
      expect(rows.map(({ body }) => JSON.parse(String(body)).target.id)).toEqual([1, 3]);
      expect(await verifyAudit(audit.rows(sql.executor), { publicKeys })).toMatchObject({ ok: true });
    });

    test('several records of one transaction may be asked for at once', async () => {
      const { audit, table, run } = await auditTable({ checkpointEvery: 2 });
      await sql.transaction((tx) =>
        Promise.all([...[1, 2, 3].map((id) => audit.record(tx, event(id))), audit.checkpoint(tx)]),
      );
      const rows = await run(`select body from ${table} where kind = 'event' order by seq`);
      expect(rows.map(({ body }) => JSON.parse(String(body)).target.id)).toEqual([1, 2, 3]);
      expect(await verifyAudit(audit.rows(sql.executor), { publicKeys, closed: true })).toMatchObject({
        ok: true,
      });
    });

    test('[row 93] who can write to the tables and has no key cannot delete the beginning, nor explain that', async () => {
      const clock = createFakeClock({ now: Date.parse('2026-01-01T12:00:00.000Z') });
      const { audit, table, run } = await auditTable({ clock });
      const anchors: AuditCheckpoint[] = [];
      for (const id of [1, 2, 3]) {
        await sql.transaction((tx) => audit.record(tx, event(id)));
        anchors.push(await sql.transaction((tx) => audit.checkpoint(tx)));
        await clock.advance(86_400_000);
      }
      const [segment] = await run(`select seq, body from ${table} where kind = 'segment' order by seq desc`);
      const { log, previous } = JSON.parse(String(segment?.body));
      const seq = Number(segment?.seq);
      const verdicts = async () => [
        await verifyAudit(audit.rows(sql.executor), { publicKeys, anchors }),
        await verifyAudit(audit.rows(sql.executor), { publicKeys }),
      ];
      const bad = (reason: string) => Array(2).fill(expect.objectContaining({ ok: false, reason }));
      await run(`delete from ${table} where seq < ${seq}`);
      expect(await verdicts()).toEqual(bad('beginning'));
      const forged = { type: 'purge', log, through: seq - 1, hash: previous, before: '2026-01-01' };
      await forgeRows(run, table, [forged]);
      expect(await verdicts()).toEqual(bad('signature'));
      // The service goes on, and signs what it finds.
      await sql.transaction((tx) => audit.record(tx, event(4)));
      await sql.transaction((tx) => audit.checkpoint(tx));
      expect(await verdicts()).toEqual(bad('signature'));
    });

    test('[row 93] who can write to the tables and has no key cannot begin the log anew, nor keep it from being signed', async () => {
      const { audit, table, run } = await auditTable({ checkpointEvery: 10 });
      const anchor = await sql.transaction((tx) => audit.checkpoint(tx));
      await run(`update ${table}_head set since = -1000`);
      for (let id = 0; id < 11; id += 1) await sql.transaction((tx) => audit.record(tx, event(id)));
      const bounded = { publicKeys, maxUnsigned: 10 };
      expect(await verifyAudit(audit.rows(sql.executor), bounded)).toMatchObject({ reason: 'unsigned' });
      await run(`delete from ${table}`);
      await run(`update ${table}_head set seq = -1, hash = '${'0'.repeat(64)}'`);
      const begin = { type: 'begin', log: anchor.log, key: anchor.key };
      await forgeRows(run, table, [begin, { type: 'event', actor: 'innocent' }]);
      await sql.transaction((tx) => audit.record(tx, event(1)));
      await sql.transaction((tx) => audit.checkpoint(tx));
      for (const anchors of [[], [anchor]]) {
        expect(await verifyAudit(audit.rows(sql.executor), { publicKeys, anchors })).toEqual({
          ok: false,
          seq: 0,
          reason: 'unsigned',
        });
      }
    });

    test('[row 93] who changes dates in the table does not have a purge take what is young', async () => {
      const clock = createFakeClock({ now: Date.parse('2026-01-01T12:00:00.000Z') });
      const { audit, table, run } = await auditTable({ clock });
      for (const id of [1, 2]) {
        await sql.transaction((tx) => audit.record(tx, event(id)));
        await clock.advance(86_400_000);
      }
      const old = '2020-01-01T00:00:00.000Z';
      const rows = await run(`select * from ${table} order by seq`);
      const changes = [
        `update ${table} set recorded_at = '${old}'`,
        `update ${table} set body = replace(body, '2026-01-02T12:00:00.000Z', '${old}')`,
      ];
      for (const change of changes) {
        await run(change);
        const purging = sql.transaction((tx) => audit.purge(tx, 366));
        await expect(purging).rejects.toMatchObject({ code: 'AUDIT_FORMAT' });
      }
      expect(await run(`select seq from ${table}`)).toHaveLength(rows.length);
    });

    test('[row 93] an edited, deleted, moved or cut off row is detected and named', async () => {
      const changes: ReadonlyArray<readonly [(table: string) => string, number, string]> = [
        [(table) => `update ${table} set body = replace(body, '"u1"', '"u2"') where seq = 3`, 3, 'hash'],
        [(table) => `delete from ${table} where seq = 4`, 4, 'hash'],
        [
          (table) => `update ${table} set seq = case seq when 2 then 1003 else 2 end where seq in (2, 3)`,
          2,
          'hash',
        ],
        [(table) => `delete from ${table} where seq > 5`, 6, 'truncated'],
        // What purges and queries go by, beside the record.
        [(table) => `update ${table} set recorded_at = '1970-01-01T00:00:00.000Z' where seq = 3`, 3, 'hash'],
        [(table) => `update ${table} set kind = 'segment' where seq = 4`, 4, 'hash'],
      ];
      for (const [change, seq, reason] of changes) {
        const { audit, table, run } = await auditTable({ checkpointEvery: 3 });
        for (const id of [1, 2, 3, 4, 5]) await sql.transaction((tx) => audit.record(tx, event(id)));
        const anchor = await sql.transaction((tx) => audit.checkpoint(tx));
        expect(await verifyAudit(audit.rows(sql.executor), { publicKeys, anchors: [anchor] })).toMatchObject({
          ok: true,
        });
        // MySQL checks the key row by row, so what moves goes by way of a number that is free.
        if (reason === 'hash' && seq === 2) {
          await run(`update ${table} set seq = 1003 where seq = 3`);
          await run(`update ${table} set seq = 3 where seq = 2`);
          await run(`update ${table} set seq = 2 where seq = 1003`);
        } else await run(change(table));
        const verdict = await verifyAudit(audit.rows(sql.executor), { publicKeys, anchors: [anchor] });
        expect(verdict).toEqual({ ok: false, seq, reason });
      }
    });

    test('[row 92] a purge at 364 days is refused, at 366 takes whole days, and what is left verifies', async () => {
      const clock = createFakeClock({ now: Date.parse('2025-01-01T12:00:00.000Z') });
      const { audit, table, run } = await auditTable({ clock });
      for (let day = 0; day < 5; day += 1) {
        await sql.transaction((tx) => audit.record(tx, event(day)));
        await clock.advance(86_400_000);
      }
      await clock.advance(365 * 86_400_000);
      await expect(sql.transaction((tx) => audit.purge(tx, 364))).rejects.toMatchObject({
        code: 'AUDIT_RETENTION',
      });
      expect(await sql.transaction((tx) => audit.purge(tx, 366))).toBeGreaterThan(0);
      const left = await run(`select kind, body from ${table} order by seq`);
      expect(left[0]?.kind).toBe('segment');
      expect(left.filter(({ kind }) => kind === 'event')).toHaveLength(1);
      expect(await verifyAudit(audit.rows(sql.executor), { publicKeys })).toMatchObject({ ok: true });
      expect(() =>
        createSqlAudit({ key: privateKey, environment: 'production', retentionDays: 364 }),
      ).toThrow(/365 days/);
    });

    test('[row 92] a clock that was set back for a while does not make a purge take what is young', async () => {
      const start = Date.parse('2026-06-15T12:00:00.000Z');
      let now = start;
      const { audit, table, run } = await auditTable({ clock: { ...createFakeClock(), now: () => now } });
      for (now of [
        start,
        start + 86_400_000,
        Date.parse('1970-01-02T00:00:00.000Z'),
        start + 2 * 86_400_000,
      ]) {
        await sql.transaction((tx) => audit.record(tx, event(now)));
      }
      expect(await sql.transaction((tx) => audit.purge(tx, 366))).toBe(0);
      expect(await run(`select seq from ${table} where kind = 'event'`)).toHaveLength(4);
    });
  });
}

/** What somebody without the key can do: rows that follow on the head, with right numbers and hashes. */
async function forgeRows(
  run: (text: string) => Promise<readonly Readonly<Record<string, unknown>>[]>,
  table: string,
  members: ReadonlyArray<Readonly<Record<string, unknown>>>,
): Promise<void> {
  const [head] = await run(`select seq, hash from ${table}_head`);
  const text = forge({ seq: Number(head?.seq), hash: String(head?.hash) }, members);
  for (const line of text.trimEnd().split('\n')) {
    const hash = line.slice(0, 64);
    const { seq, at, type } = JSON.parse(line.slice(65));
    await run(`insert into ${table} values (${seq}, '${at}', '${type}', '${hash}', '${line.slice(65)}')`);
    await run(`update ${table}_head set seq = ${seq}, hash = '${hash}'`);
  }
}

test('a table name that is none is refused', () => {
  expect(() => createSqlAudit({ key: privateKey, environment: 'test', table: 'a; drop' })).toThrow(/"table"/);
});
