import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createBackups,
  files,
  local,
  postgres,
  type Scratch,
  scratchFiles,
  scratchPostgres,
} from '@seaworthy/backup';
import { createFakeClock } from '@seaworthy/testkit';
import { describe, expect, it } from 'vitest';
import { compareContents } from '../../src/drill/compare-contents.js';
import { drillMarkOf, drillNote } from '../../src/drill/drill-mark.js';
import { madeAtOf, scratchName } from '../../src/drill/scratch.js';
import { folderLayout, kpiLayout } from '../../src/manifest/layout.js';
import type { DrilledBackup } from '../../src/retention/catalog-history.js';
import { backupStatus } from '../../src/status/backup-status.js';
import { fakeSource } from '../support/fake-source.js';
import { recordingLogger, temporaryFolder } from '../support/fixtures.js';
import { recordingMetrics } from '../support/recording-metrics.js';

const table = (name: string, rows: number, hash?: string) => ({ name, rows, ...(hash ? { hash } : {}) });

describe('compareContents', () => {
  const snapshot = (...tables: ReturnType<typeof table>[]) => ({ precision: 'snapshot', tables }) as const;

  it('finds a table that is missing, one too many, other counts and other values', () => {
    const expected = snapshot(table('a', 1, 'x'), table('b', 2, 'x'), table('c', 3, 'x'), table('d', 0));
    const found = snapshot(table('a', 1, 'x'), table('b', 3, 'y'), table('c', 3, 'y'), table('e', 0));
    expect(compareContents(expected, found)).toEqual([
      { table: 'b', kind: 'rows', expected: '2', found: '3' },
      { table: 'c', kind: 'hash' },
      { table: 'd', kind: 'missing' },
      { table: 'e', kind: 'unexpected' },
    ]);
    expect(compareContents(expected, expected)).toEqual([]);
  });

  it('where the dump could only be counted before and after, allows what lies between, and hashes only what rested', () => {
    const expected = {
      precision: 'bracketed',
      tables: [table('grew', 10, 'a'), table('shrank', 9, 'a'), table('rested', 5, 'a'), table('dropped', 1)],
      after: [table('grew', 12, 'b'), table('shrank', 7, 'b'), table('rested', 5, 'a'), table('created', 1)],
    } as const;
    const found = (grew: number, shrank: number, rested: string) =>
      snapshot(table('grew', grew, 'z'), table('shrank', shrank, 'z'), table('rested', 5, rested));
    expect(compareContents(expected, found(11, 8, 'a'))).toEqual([]);
    expect(compareContents(expected, found(10, 7, 'a'))).toEqual([]);
    expect(compareContents(expected, found(13, 6, 'c'))).toEqual([
      { table: 'grew', kind: 'rows', expected: '10 to 12', found: '13' },
      { table: 'rested', kind: 'hash' },
      { table: 'shrank', kind: 'rows', expected: '7 to 9', found: '6' },
    ]);
  });
});

describe('names that tell', () => {
  it.each([
    ['a folder for each backup', folderLayout],
    ['the preset kpi', kpiLayout],
  ])('the report of a drill is found again by its key in the layout of %s', (_name, layout) => {
    const at = Date.UTC(2026, 10, 22, 5, 6, 7);
    const id = layout.newId(new Date(at));
    const mark = { artifact: 2, outcome: 'failed', at } as const;
    expect(drillMarkOf(layout.note(id, drillNote(mark)))).toEqual({ ...mark, id });
    expect(drillMarkOf(layout.manifest(id))).toBeUndefined();
  });

  it('a scratch place tells when it was made, and no other name does', () => {
    const at = Date.UTC(2026, 10, 22, 5, 6, 7);
    expect(madeAtOf(scratchName(at))).toBe(at);
    expect(scratchName(at)).not.toBe(scratchName(at));
    for (const name of ['seaworthy_drill_of_somebody', `x${scratchName(at)}`, `${scratchName(at)}x`]) {
      expect(madeAtOf(name)).toBeUndefined();
    }
  });
});

describe('what a drill is told', () => {
  const url = 'postgres://u@127.0.0.1:1/postgres';
  const make = (drill: object) => () =>
    createBackups({ sources: { db: postgres({ url }) }, targets: [local('/tmp')], drill: drill as never });

  it.each([
    [{}, /"into" must be at least one source/],
    [{ into: { other: scratchPostgres({ url }) } }, /"into" must be named like the sources/],
    [{ into: { db: scratchPostgres({ url }) }, invariants: { dbb: {} } }, /"invariants" must be named/],
    [{ into: { db: scratchFiles({ folder: '/x' }) } }, /"into" must be a scratch place of postgres/],
    [
      { into: { db: scratchPostgres({ url }) }, timeout: '25h' },
      /"reapAfter" must be longer than the timeout/,
    ],
    [{ into: { db: scratchPostgres({ url }) }, invariant: {} }, /Did you mean "invariants"/],
  ])('refuses %o', (drill, message) => {
    expect(make(drill)).toThrow(message);
  });

  it('without a scratch place there is no drill', async () => {
    const backups = createBackups({
      sources: { db: fakeSource() },
      targets: [local(await temporaryFolder())],
    });
    await expect(backups.drill()).rejects.toMatchObject({ code: 'DRILL_MISSING' });
  });
});

describe('the scratch places of drills', () => {
  it('are dropped when their drill must be dead, and one that stays is told and holds up no drill', async () => {
    const { logger, lines } = recordingLogger();
    const old = ['20260101', '20260102'].map((day) => `seaworthy_drill_${day}t000000z_0000000a`);
    const dropped: string[] = [];
    const scratch: Scratch = {
      engine: 'mysql',
      names: async () => [...old, scratchName(Date.now()), 'seaworthy_drill_of_somebody'],
      create: () => Promise.reject(new Error('this far')),
      async drop(name) {
        if (name === old[0]) throw Object.assign(new Error('in use'), { code: 'EBUSY' });
        dropped.push(name);
      },
    };
    const backups = createBackups({
      sources: { db: fakeSource() },
      targets: [local(await temporaryFolder())],
      drill: { into: { db: scratch } },
      logger,
    });
    await backups.run();
    await expect(backups.drill()).rejects.toThrow('this far');
    expect(dropped).toEqual([old[1], expect.stringMatching(/^seaworthy_drill_/)]); // and its own
    const told = (message: RegExp) =>
      lines.filter((line) => message.test(line.message)).map(({ fields }) => fields.place);
    expect(told(/was dropped/)).toEqual([old[1]]);
    expect(told(/could not be dropped/)).toEqual([old[0]]);
  });
});

describe('the status of backups', () => {
  it('takes the drill of the newer backup for the last one, when two fell into one second', () => {
    const drilled = (id: string, outcome: 'passed' | 'failed'): DrilledBackup => ({
      entry: { id, status: 'damaged', reason: 'not looked at here' },
      marks: [{ id, artifact: 0, outcome, at: 1_000 }],
      retainable: { id, madeAt: 0, isGood: outcome === 'passed', verified: [], sources: ['db'] },
    });
    const history = [drilled('newer', 'failed'), drilled('older', 'passed')];
    expect(backupStatus(history, 2_000).lastDrill).toMatchObject({ id: 'newer', outcome: 'failed' });
  });
});

describe('the health check of backups', () => {
  it('fails without a backup, warns at 26 hours, fails at 50, and warns when none was restored for too long', async () => {
    const clock = createFakeClock();
    const backups = createBackups({
      sources: { db: fakeSource() },
      targets: [local(await temporaryFolder())],
      clock,
    });
    const signal = new AbortController().signal;
    const check = backups.healthCheck();
    await expect(check.probe(signal)).rejects.toMatchObject({ code: 'BACKUP_TOO_OLD' });
    const { startedAt } = await backups.run();
    expect(await check.probe(signal)).toEqual({ madeAt: startedAt, bytes: expect.any(Number) });
    expect(await backups.healthCheck({ verifiedWarn: '35d' }).probe(signal)).toMatchObject({
      status: 'degraded',
      reason: 'No backup was ever restored.',
    });
    clock.jump(26 * 3_600_000);
    expect(await check.probe(signal)).toMatchObject({
      madeAt: startedAt,
      status: 'degraded',
      reason: 'The newest backup is 26 hours old.',
    });
    clock.jump(24 * 3_600_000);
    await expect(check.probe(signal)).rejects.toThrow(
      'The newest backup is 50 hours old; the limit is 50 hours.',
    );
    expect(() => backups.healthCheck({ warn: '3d' })).toThrow(/not above `fail`/);
  });
});

describe('a backup that a wrong clock dated later than now', () => {
  it('hides no missing backups from health, status, metrics and drills, and is named', async () => {
    const clock = createFakeClock();
    const { metrics, values } = recordingMetrics();
    const root = await temporaryFolder();
    const backups = createBackups({
      sources: { app: files({ root }) },
      targets: [local(await temporaryFolder())],
      drill: { into: { app: scratchFiles({ folder: await temporaryFolder() }) } },
      clock,
      metrics,
    });
    const year = 365 * 86_400_000;
    const truth = await backups.run();
    clock.jump(year);
    const ahead = await backups.run();
    clock.jump(-year + 60_000);
    expect(await backups.status()).toMatchObject({
      lastBackup: { id: truth.id },
      ahead: [ahead.id],
      count: 2,
    });
    expect(values.get('backup.last_success.timestamp')).toBe(Date.parse(truth.startedAt) / 1_000);
    const { signal } = new AbortController();
    expect(await backups.healthCheck().probe(signal)).toMatchObject({
      madeAt: truth.startedAt,
      status: 'degraded',
      reason: expect.stringContaining(ahead.id),
    });
    expect(await backups.drill()).toMatchObject([{ backup: truth.id }]);
    clock.jump(50 * 3_600_000);
    await expect(backups.healthCheck().probe(signal)).rejects.toMatchObject({ code: 'BACKUP_TOO_OLD' });
  });
});

describe('the gauges', () => {
  it('go back when what they told of is gone or no longer good', async () => {
    const { metrics, values } = recordingMetrics();
    const folder = await temporaryFolder();
    const backups = createBackups({
      sources: { app: files({ root: await temporaryFolder() }) },
      targets: [local(folder)],
      drill: { into: { app: scratchFiles({ folder: await temporaryFolder() }) } },
      metrics,
    });
    const { id } = await backups.run();
    await backups.drill();
    expect(values.get('backup.last_verified.timestamp')).toBeGreaterThan(0);
    await rm(join(folder, id), { recursive: true });
    await backups.status();
    expect(Object.fromEntries(values)).toMatchObject({
      'backup.last_success.timestamp': 0,
      'backup.last_verified.timestamp': 0,
      'backup.last_successful_restore.timestamp': 0,
    });
    expect(values.get('backup.size{source="app"}')).toBe(0);
  });
});
