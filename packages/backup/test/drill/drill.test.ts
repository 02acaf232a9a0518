import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BackupError,
  type BackupsOptions,
  createBackups,
  DrillError,
  type DrillReport,
  type DrillSetup,
  local,
  postgres,
  type Scratch,
  scratchPostgres,
} from '@seaworthy/backup';
import {
  createFakeClock,
  createTestDatabase,
  describeWith,
  spawnNode,
  type TestDatabase,
  waitFor,
} from '@seaworthy/testkit';
import pg from 'pg';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { isPlacesFault } from '../../src/drill/places-fault.js';
import {
  childrenOf,
  filesIn,
  postgresBulk,
  postgresSchema,
  recordingLogger,
  sql,
  temporaryFolder,
} from '../support/fixtures.js';
import { recordingMetrics } from '../support/recording-metrics.js';

const loaderError = (state: string) =>
  new BackupError(`psql ended with 3 on it: SQLSTATE ${state} at line 9`, {
    code: 'RESTORE_FAILED',
    stage: 'restore',
    tool: 'psql',
    exitCode: 3,
  });

describeWith(['postgres'], 'a drill of PostgreSQL', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase('postgres');
    await sql(database.url, ...postgresSchema, ...postgresBulk(1_000));
  });

  async function setting(drill: Partial<DrillSetup> = {}, options: Partial<BackupsOptions> = {}) {
    const folder = await temporaryFolder();
    const { metrics, values } = recordingMetrics();
    const { logger, lines } = recordingLogger();
    const backups = createBackups({
      sources: { db: postgres({ url: database.url, fingerprint: 'hash' }) },
      targets: [local(folder)],
      drill: { into: { db: scratchPostgres({ url: database.adminUrl }) }, ...drill },
      metrics,
      logger,
      ...options,
    });
    onTestFinished(() => backups.close());
    const reports = async (): Promise<DrillReport[]> => {
      const notes = (await filesIn(folder)).filter((file) => file.includes('note-drill-'));
      return Promise.all(notes.map(async (note) => JSON.parse(await readFile(join(folder, note), 'utf8'))));
    };
    const artifact = async (id: string): Promise<string> => {
      const [file] = (await filesIn(folder)).filter((one) => one.startsWith(`${id}/db.sql`));
      return join(folder, file ?? '');
    };
    return { backups, folder, values, lines, reports, artifact };
  }

  const scratches = async (): Promise<readonly string[]> =>
    (
      await sql(database.adminUrl, `select datname from pg_database where datname like 'seaworthy_drill%'`)
    ).map((row) => String(Reflect.get(Object(row), 'datname')));

  it('[row 101] [row 102] is exact while a writer runs: row counts and content hashes are those of the dump, the invariants hold, report and metrics say so', async () => {
    const { backups, values, reports } = await setting({
      invariants: {
        db: {
          'every check-in has a team': async ({ query }) =>
            (await query('select count(*) from check_ins where team is null'))[0]?.[0] === '0',
          'the driver of the application finds its tables': async ({ url }) => {
            const client = new pg.Client(url?.reveal());
            await client.connect();
            await client.query('select * from by_team limit 1');
            await client.end();
          },
        },
      },
    });
    const writer = writing(database.url);
    await writer.under();
    const manifest = await backups.run();
    const rounds = await writer.stop();
    const [now] = await sql(database.url, 'select count(*)::int as n, max(id)::int as last from check_ins');
    const dumped = manifest.artifacts[0]?.contents?.tables.find(({ name }) => name === 'public.check_ins');
    expect(rounds).toBeGreaterThan(1);
    expect(dumped?.rows).not.toBe(Reflect.get(Object(now), 'n')); // it wrote on while the dump was made

    const [report] = await backups.drill();
    expect(report).toMatchObject({
      backup: manifest.id,
      source: 'db',
      outcome: 'passed',
      compared: 'hash',
      tables: 4,
      differences: [],
      invariants: [{ passed: true }, { passed: true }],
    });
    expect(report?.rows).toBe(
      manifest.artifacts[0]?.contents?.tables.reduce((sum, { rows }) => sum + rows, 0),
    );
    expect(await reports()).toEqual([report]);
    expect(await scratches()).toEqual([]);

    const status = await backups.status();
    expect(status).toMatchObject({
      lastBackup: { id: manifest.id },
      lastVerified: { id: manifest.id },
      lastDrill: { id: manifest.id, outcome: 'passed' },
      damaged: [],
      count: 1,
    });
    const seconds = (iso = '') => Date.parse(iso) / 1_000;
    expect(Object.fromEntries(values)).toEqual({
      'backup.runs{outcome="succeeded"}': 1,
      'backup.last_success.timestamp': seconds(manifest.startedAt),
      'backup.duration': (Date.parse(manifest.completedAt) - Date.parse(manifest.startedAt)) / 1_000,
      'backup.size{source="db"}': manifest.artifacts[0]?.bytes,
      'backup.drills{outcome="passed"}': 1,
      'backup.last_drill.passed': 1,
      'backup.last_verified.timestamp': seconds(manifest.startedAt),
      'backup.last_successful_restore.timestamp': Math.floor(seconds(report?.startedAt)),
      'backup.restore.duration{source="db"}': (report?.restoreMs ?? 0) / 1_000,
      'backup.damaged': 0,
    });
  });

  it('[row 102] a corrupt backup fails the drill with a typed error, a report and a metric, and counts for good no longer', async () => {
    const { backups, values, artifact, reports } = await setting(
      {},
      { retention: { keepLast: 1, minGood: 1 } },
    );
    const good = await backups.run();
    await backups.drill();
    const bad = await backups.run();
    const file = await artifact(bad.id);
    const bytes = await readFile(file);
    bytes[100] = (bytes[100] ?? 0) ^ 1;
    await writeFile(file, bytes);

    const failure = await backups.drill().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DrillError);
    expect(failure).toMatchObject({
      code: 'DRILL_FAILED',
      reports: [{ backup: bad.id, outcome: 'failed', error: { code: 'BACKUP_CORRUPT' } }],
    });
    expect((await reports()).map(({ outcome }) => outcome).toSorted()).toEqual(['failed', 'passed']);
    expect(values.get('backup.last_drill.passed')).toBe(0);
    expect(values.get('backup.drills{outcome="failed"}')).toBe(1);
    expect(values.get('backup.last_verified.timestamp')).toBe(Date.parse(good.startedAt) / 1_000);
    expect(await backups.status()).toMatchObject({
      lastBackup: { id: bad.id },
      lastVerified: { id: good.id },
      lastDrill: { id: bad.id, outcome: 'failed' },
    });
    expect(await backups.healthCheck().probe(AbortSignal.timeout(10_000))).toMatchObject({
      status: 'degraded',
      reason: 'The last drill failed: make a backup and drill it.',
    });
    const plan = await backups.plan();
    expect(plan.decisions.find(({ id }) => id === good.id)?.reasons).toContain('newest good');
    expect(plan.decisions.find(({ id }) => id === bad.id)?.reasons).toEqual([
      'not good: left for you to look at',
    ]);
    expect(await scratches()).toEqual([]);
  });

  it('a backup that lost bytes, and is newer than the newest whole one, fails the drill as well', async () => {
    const clock = createFakeClock({ now: Date.now() });
    const { backups, artifact, values } = await setting({}, { clock });
    await backups.run();
    clock.jump(60_000);
    const bad = await backups.run();
    await truncate(await artifact(bad.id), 1_000);
    await expect(backups.drill()).rejects.toMatchObject({
      code: 'DRILL_FAILED',
      reports: [{ backup: bad.id, error: { code: 'BACKUP_CORRUPT' } }],
    });
    expect(values.get('backup.last_drill.passed')).toBe(0);
    expect(values.get('backup.damaged')).toBe(1);
  });

  it('a restore that differs from the dump fails the drill, and the report names the table', async () => {
    const { backups, reports } = await setting({
      into: { db: tampering(scratchPostgres({ url: database.adminUrl })) },
    });
    await backups.run();
    const failure = await backups.drill().catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: 'DRILL_FAILED',
      message: expect.stringContaining('archive.old has 99 rows instead of 100'),
    });
    expect(await reports()).toMatchObject([
      {
        differences: [
          { table: 'archive.old', kind: 'rows', expected: '100', found: '99' },
          { table: 'public.teams', kind: 'hash' },
        ],
      },
    ]);
    expect(await scratches()).toEqual([]);
  });

  it('an invariant that does not hold fails the drill', async () => {
    const { backups } = await setting({
      invariants: {
        db: {
          'there are teams': async ({ query }) => (await query('select 1 from teams')).length > 0,
          'there are no teams': async ({ query }) => (await query('select 1 from teams')).length === 0,
          'something throws': () => Promise.reject(new Error('42 is not 43')),
        },
      },
    });
    await backups.run();
    await expect(backups.drill()).rejects.toMatchObject({
      code: 'DRILL_FAILED',
      message: expect.stringContaining('"there are no teams" does not hold'),
      reports: [
        {
          invariants: [
            { name: 'there are teams', passed: true },
            { name: 'there are no teams', passed: false },
            { name: 'something throws', passed: false, error: '42 is not 43' },
          ],
        },
      ],
    });
  });

  it('a drill that could not be tried says so, and blames no backup', async () => {
    const unreachable = scratchPostgres({ url: 'postgres://nobody:pw@127.0.0.1:1/postgres' });
    const { backups, reports, values } = await setting({ into: { db: unreachable } });
    await expect(backups.drill()).rejects.toMatchObject({ code: 'BACKUP_NOT_FOUND' });
    await backups.run();
    await expect(backups.drill()).rejects.toMatchObject({ code: 'BACKUP_CONNECT_FAILED' });
    expect(await reports()).toEqual([]);
    expect(values.get('backup.drills{outcome="error"}')).toBe(2);
    expect(values.has('backup.last_drill.passed')).toBe(false);
  });

  it('a scratch server without the roles, or the extensions, of the dump says nothing of the backup', async () => {
    const owned = await createTestDatabase('postgres');
    onTestFinished(() => owned.drop());
    const role = `r${owned.name.slice(1)}`;
    const sources = { db: postgres({ url: owned.adminUrl }) };
    const { backups, reports, values } = await setting({}, { sources });
    await sql(
      owned.adminUrl,
      `create role ${role}`,
      'create table t (n int)',
      `grant select on t to ${role}`,
    );
    await backups.run();
    await sql(owned.adminUrl, `drop owned by ${role}`, `drop role ${role}`);
    await expect(backups.drill()).rejects.toMatchObject({
      code: 'RESTORE_FAILED',
      message: expect.stringContaining('SQLSTATE 42704'),
    });
    expect(await reports()).toEqual([]);
    expect(values.get('backup.drills{outcome="error"}')).toBe(1);
    // The state of an extension that is not installed, which is told in the same way.
    await expect(sql(owned.adminUrl, 'create extension not_installed_here')).rejects.toMatchObject({
      code: '0A000',
    });
    expect(isPlacesFault(loaderError('0A000'))).toBe(true);
    expect(isPlacesFault(loaderError('23505'))).toBe(false);
  });

  it('a scratch server whose user may not restore it says nothing of the backup', async () => {
    const other = await createTestDatabase('postgres');
    onTestFinished(() => other.drop());
    await sql(database.adminUrl, `alter role ${other.user} createdb`);
    const { backups, reports } = await setting({ into: { db: scratchPostgres({ url: other.url }) } });
    await backups.run();
    await expect(backups.drill()).rejects.toMatchObject({
      code: 'RESTORE_FAILED',
      message: expect.stringContaining('SQLSTATE 42501'),
    });
    expect(await reports()).toEqual([]);
    expect(await backups.status()).toMatchObject({ count: 1, lastDrill: undefined });
    expect(await scratches()).toEqual([]);
  });

  it('a scratch server that ends the restore says nothing of the backup', async () => {
    const inner = scratchPostgres({ url: database.adminUrl });
    const { backups, reports, values } = await setting({ into: { db: endingEveryRestore(inner) } });
    const { id } = await backups.run();
    await expect(backups.drill()).rejects.toMatchObject({
      code: 'RESTORE_FAILED',
      tool: 'psql',
      exitCode: 2,
    });
    expect(await reports()).toEqual([]);
    expect(values.get('backup.drills{outcome="error"}')).toBe(1);
    expect((await backups.status()).lastDrill).toBeUndefined();
    expect(await backups.list()).toMatchObject([{ id, status: 'complete' }]);
    expect(await scratches()).toEqual([]);
  });

  /** Its administrator ends the connection of each restore before the first statement. */
  function endingEveryRestore(inner: Scratch): Scratch {
    return {
      ...inner,
      async create(name, signal) {
        const place = await inner.create(name, signal);
        const end = `select pg_terminate_backend(pid) as ended from pg_stat_activity where datname = '${name}'`;
        return {
          ...place,
          source: {
            ...place.source,
            async open(opening) {
              const session = await place.source.open(opening);
              return {
                ...session,
                async load(loading) {
                  const load = await session.load(loading);
                  await waitFor(async () => (await sql(database.adminUrl, end)).length > 0, {
                    what: 'the client of the restore to be connected',
                  });
                  return load;
                },
              };
            },
          },
        };
      },
    };
  }

  it('an aborted drill drops its scratch database and leaves no child', async () => {
    const stop = new AbortController();
    const { backups, reports } = await setting({
      invariants: {
        db: {
          waits: async ({ signal }) => {
            expect(await scratches()).toHaveLength(1);
            stop.abort(new Error('enough'));
            signal.throwIfAborted();
          },
        },
      },
    });
    await backups.run();
    await expect(backups.drill({ signal: stop.signal })).rejects.toThrow('enough');
    expect(await scratches()).toEqual([]);
    expect(await reports()).toEqual([]);
    expect(childrenOf(process.pid, 'psql')).toEqual([]);
  });

  it('a drill that takes too long ends, even when an invariant never does, and blames no backup', async () => {
    const clock = createFakeClock({ now: Date.now() });
    const { backups, reports } = await setting(
      {
        timeout: '1h',
        invariants: {
          db: {
            'never ends': () => {
              setImmediate(() => void clock.advance(3_600_000));
              return new Promise(() => undefined);
            },
          },
        },
      },
      { clock },
    );
    await backups.run();
    await expect(backups.drill()).rejects.toMatchObject({ code: 'DRILL_TIMEOUT' });
    expect(await reports()).toEqual([]);
    expect(await scratches()).toEqual([]);
  });

  it('what a drill that was killed with SIGKILL left behind is dropped by a later one, by name and age', async () => {
    const clock = createFakeClock({ now: Date.now() });
    const { backups, folder, lines } = await setting({}, { clock });
    await backups.run();
    await using child = spawnNode(join(import.meta.dirname, '../fixtures/drill-backup.mjs'), {
      env: { SOURCE_URL: database.url, SCRATCH_URL: database.adminUrl, FOLDER: folder },
    });
    const [, left = ''] = await child.output(/inspecting (\w+)/);
    child.kill('SIGKILL');
    await child.exited;
    await sql(database.adminUrl, 'create database seaworthy_drill_of_somebody');
    onTestFinished(
      async () => void (await sql(database.adminUrl, 'drop database seaworthy_drill_of_somebody')),
    );
    expect(await scratches()).toEqual(expect.arrayContaining([left]));

    await backups.drill();
    expect(await scratches()).toContain(left); // too young: its drill might live
    clock.jump(26 * 3_600_000);
    await backups.run();
    await backups.drill();
    expect(await scratches()).toEqual(['seaworthy_drill_of_somebody']);
    expect(lines.some(({ fields }) => fields.place === left)).toBe(true);
  });

  describe('verify', () => {
    it('finds what is wrong with each copy', async () => {
      const [one, two, three] = [await temporaryFolder(), await temporaryFolder(), await temporaryFolder()];
      const backups = createBackups({
        sources: { db: postgres({ url: database.url }) },
        targets: [local(one), local(two), local(three)],
      });
      onTestFinished(() => backups.close());
      const { id } = await backups.run();
      expect(await backups.verify(id)).toEqual({ id, level: 'structure', ok: true, findings: [] });
      const flipped = join(two, id, 'db.sql.zst');
      const bytes = await readFile(flipped);
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 0x80;
      await writeFile(flipped, bytes);
      await writeFile(join(three, id, 'manifest.json'), '{');
      expect(await backups.verify(id, { level: 'object' })).toMatchObject({
        ok: false,
        findings: [
          { target: expect.stringContaining(two), source: 'db', code: 'BACKUP_CORRUPT' },
          { target: expect.stringContaining(three), source: undefined, code: 'BACKUP_UNREADABLE' },
        ],
      });
      expect((await backups.verify('20200101T000000Z-00000000')).findings).toHaveLength(3);
      await expect(backups.verify(id, { signal: AbortSignal.abort(new Error('no more')) })).rejects.toThrow(
        'no more',
      );
    });
  });
});

/** Changes rows all the time, from before a dump until after it. */
function writing(url: string): { under(): Promise<void>; stop(): Promise<number> } {
  let rounds = 0;
  let stopped = false;
  const done = (async () => {
    const client = new pg.Client(url);
    await client.connect();
    while (!stopped) {
      await client.query(
        'with gone as (delete from check_ins where id in (select id from check_ins order by random() limit 3)) insert into check_ins (team, note) select 1, md5(random()::text) from generate_series(1, 5)',
      );
      await client.query(`update teams set mood = 'stormy' where id = 1 + floor(random() * 3)`);
      rounds += 1;
    }
    await client.end();
  })();
  return {
    under: () => waitFor(() => rounds > 0, { what: 'the writer to write' }).then(() => undefined),
    async stop() {
      stopped = true;
      await done;
      return rounds;
    },
  };
}

/** A scratch server on which somebody changes what was restored, before it is looked at. */
function tampering(scratch: Scratch): Scratch {
  return {
    ...scratch,
    async create(name, signal) {
      const { source, ...rest } = await scratch.create(name, signal);
      return {
        ...rest,
        source: {
          ...source,
          async open(openSignal) {
            const session = await source.open(openSignal);
            return {
              ...session,
              async contents(level, contentsSignal) {
                await session.query?.('delete from archive.old where a = 1', contentsSignal);
                await session.query?.(`update teams set name = 'other' where id = 1`, contentsSignal);
                return (
                  (await session.contents?.(level, contentsSignal)) ?? { precision: 'snapshot', tables: [] }
                );
              },
            };
          },
        },
      };
    },
  };
}
