import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  createBackupSchedule,
  createPgBackRest,
  type DrillDatabase,
  local,
  type PgBackRestOptions,
} from '@seaworthy/backup';
import { describeWith, type PostgresServer, startPostgres, waitFor } from '@seaworthy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parsePgBackRestInfo } from '../../src/physical/parse-pgbackrest-info.js';
import { startScratchCluster } from '../../src/physical/scratch-cluster.js';
import { childrenOf, filesIn, processes, sql } from '../support/fixtures.js';
import { recordingMetrics } from '../support/recording-metrics.js';

const run = promisify(execFile);
const flock = 'flock'; // of util-linux
const cipher = 'canary-cipher-7f3a';

describeWith(['private postgres', 'pgbackrest'], 'a cluster in the hands of pgBackRest', () => {
  let server: PostgresServer;
  /** Owned by the user of the cluster. */
  let root: string;
  let config: string;
  let runAs: { readonly uid: number; readonly gid: number } | undefined;

  const place = async (name: string): Promise<string> => {
    const folder = join(root, name);
    await mkdir(folder);
    if (runAs !== undefined) await chown(folder, runAs.uid, runAs.gid);
    return folder;
  };
  const make = (more: Partial<PgBackRestOptions> = {}) =>
    createPgBackRest({
      stanza: 'kpi',
      config,
      password: server.password,
      ...(runAs === undefined ? {} : { runAs }),
      ...more,
    });
  const pgbackrest = (...args: readonly string[]) =>
    run('pgbackrest', [`--config=${config}`, '--stanza=kpi', ...args], {
      ...runAs,
      env: { PATH: process.env.PATH, PGPASSFILE: join(root, 'pgpass') },
    });

  beforeAll(async () => {
    root = await mkdtemp('/tmp/pgbr-');
    await chmod(root, 0o777); // the cluster's user is not known before it runs, and puts its socket here
    config = join(root, 'pgbackrest.conf');
    server = await startPostgres({
      settings: {
        unix_socket_directories: root,
        archive_mode: 'on',
        archive_command: `pgbackrest --config=${config} --stanza=kpi archive-push %p`,
        wal_level: 'replica',
      },
    });
    const [row] = await sql(server.url, 'show data_directory');
    const data = String(Reflect.get(Object(row), 'data_directory'));
    const { uid, gid } = await stat(data);
    if (process.getuid?.() === 0) runAs = { uid, gid };
    const [repo, log, lock] = [await place('repo'), await place('log'), await place('lock')];
    await writeFile(
      config,
      [
        '[global]',
        `repo1-path=${repo}`,
        'repo1-cipher-type=aes-256-cbc',
        `repo1-cipher-pass=${cipher}`,
        'repo1-retention-full=2',
        'repo1-bundle=y',
        `log-path=${log}`,
        `lock-path=${lock}`,
        'start-fast=y',
        'compress-type=zst',
        'compress-level=1',
        'archive-timeout=120',
        'job-retry=0', // one that fails would be tried again after 15 s
        '[kpi]',
        `pg1-path=${data}`,
        `pg1-port=${server.port}`,
        `pg1-socket-path=${root}`,
        'pg1-user=postgres',
        '',
      ].join('\n'),
    );
    await writeFile(join(root, 'pgpass'), `*:*:*:*:${server.password}\n`, { mode: 0o600 });
    if (runAs !== undefined) for (const file of [config, join(root, 'pgpass')]) await chown(file, uid, gid);
    await pgbackrest('stanza-create');
  }, 300_000);

  afterAll(async () => {
    await server?.stop();
    await rm(root, { recursive: true, force: true });
  });

  const when = (ms: number) => AbortSignal.timeout(ms);
  const reports = () => local(join(root, 'reports'));

  it('is backed up full and incrementally, restored to a moment, drilled, and shown by status, health and metrics', async () => {
    const { metrics, values } = recordingMetrics();
    const folder = await place('drills');
    const invariants = {
      'there are rows': async ({ query }: DrillDatabase) =>
        (await query('select count(*) > 0 from t'))[0]?.[0] === 't',
      // A subscription of the cluster would take its publisher's changes away from the cluster itself.
      'it subscribes to nothing': async ({ query }: DrillDatabase) =>
        (await query('show max_logical_replication_workers'))[0]?.[0] === '0',
    };
    const backups = make({ metrics, drill: { folder, reports: reports(), invariants } });
    await sql(
      server.url,
      'create table t (n int, body text)',
      'insert into t select g, md5(g::text) from generate_series(1, 1000) g',
    );
    const full = await backups.run();
    expect(full).toMatchObject({ kind: 'full', status: 'complete', needs: [] });
    await sql(server.url, 'insert into t select g, md5(g::text) from generate_series(1001, 1500) g');
    const incremental = await backups.run();
    expect(incremental).toMatchObject({ kind: 'incremental', needs: [full.id] });
    expect(incremental.bytes).toBeLessThan(full.bytes);

    await sql(server.url, "insert into t select g, 'before' from generate_series(1501, 1600) g");
    const state = "select count(*)::text, md5(string_agg(body, ',' order by n)) as hash from t";
    const [expected] = await sql(server.url, state);
    const [{ at }] = (await sql(server.url, 'select clock_timestamp() as at')) as [{ at: Date }];
    const moment = new Date(at.getTime() + 1);
    await waitFor(() => Date.now() > moment.getTime() + 5, { what: 'the moment to pass' });
    await sql(server.url, 'delete from t where n > 1');
    await backups.check(); // until the WAL with that is in the archive

    const to = join(root, 'restored');
    await backups.restore({ to, confirm: to, at: moment });
    await using restored = await startScratchCluster({
      ...{ data: to, user: 'postgres', settings: {}, runAs },
      signal: when(180_000),
    });
    expect(await restored.query('postgres', state, when(90_000))).toEqual([Object.values(Object(expected))]);
    expect(await readFile(join(to, 'postgresql.auto.conf'), 'utf8')).toContain("archive_mode = 'off'");

    const [report] = await backups.drill();
    expect(report).toMatchObject({
      outcome: 'passed',
      source: 'kpi',
      backup: incremental.id,
      rows: 1, // the end of the archive, after the backup and after the moment
      invariants: [{ passed: true }, { passed: true }],
    });
    expect(await readdir(folder)).toEqual([]);
    expect(await filesIn(join(root, 'reports'))).toHaveLength(1);
    expect(await backups.status()).toMatchObject({
      lastBackup: { id: incremental.id },
      lastVerified: { id: incremental.id },
      lastDrill: { outcome: 'passed' },
      count: 2,
      damaged: [],
    });
    expect(await backups.healthCheck({ verifiedWarn: '35d' }).probe(when(90_000))).toMatchObject({
      madeAt: incremental.startedAt.toISOString(),
      lastDrill: 'passed',
    });
    const startedAt = incremental.startedAt.getTime() / 1_000;
    expect(values.get('physical_backup.last_success.timestamp')).toBe(startedAt);
    expect(values.get('physical_backup.last_verified.timestamp')).toBe(startedAt);
    expect(await backups.history()).toMatchObject({ drills: [expect.any(Number)] });
    expect(await backups.verify()).toMatchObject({ ok: true });
  }, 300_000);

  it('whose pgbackrest is killed or stopped midway has no backup more, and the next run makes one', async () => {
    const { metrics, values } = recordingMetrics();
    const backups = make({ metrics });
    const before = await backups.list();
    const seen = new Set<string>();
    const catchIt = (): number | undefined => {
      for (const { pid, parent, commandLine } of processes()) {
        if (!commandLine.includes('pgbackrest')) continue;
        seen.add(commandLine);
        if (parent === process.pid && / backup $/.test(commandLine)) return pid;
      }
      return undefined;
    };
    const midway = (): Promise<number> =>
      waitFor(
        async () => {
          const pid = catchIt();
          const locks = await readdir(join(root, 'lock'));
          return locks.some((name) => /backup/.test(name)) ? pid : undefined;
        },
        { what: 'pgbackrest to be at work', everyMs: 1 },
      );

    const killed = backups.run({ kind: 'full' }).catch((error: unknown) => error);
    process.kill(await midway(), 'SIGKILL');
    expect(await killed).toMatchObject({
      code: 'BACKUP_TOOL_FAILED',
      tool: 'pgbackrest',
      exitCode: 'SIGKILL',
      stage: 'dump',
    });
    const stop = new AbortController();
    const stopped = backups.run({ kind: 'full', signal: stop.signal }).catch((error: unknown) => error);
    await midway();
    const reason = new Error('the night is over');
    stop.abort(reason);
    expect(await stopped).toBe(reason);
    expect(childrenOf(process.pid, 'pgbackrest')).toEqual([]);
    expect(await backups.list()).toEqual(before);
    expect(values.get('physical_backup.runs{outcome="failed"}')).toBe(2);

    const { id } = await backups.run({ kind: 'differential' });
    expect((await backups.list())[0]).toMatchObject({ id, kind: 'differential' });
    const to = join(root, 'half');
    const enough = new AbortController();
    const restoring = backups
      .restore({ to, confirm: to, signal: enough.signal })
      .catch((error: unknown) => error);
    await waitFor(async () => (await readdir(to).catch(() => [])).length > 0, {
      what: 'files to be restored',
      everyMs: 1, // all of them are there a moment later
    });
    enough.abort(reason);
    expect(await restoring).toBe(reason);
    expect(await readdir(root)).not.toContain('half');

    const told = [...seen].join('\n');
    expect(told).toContain('backup');
    for (const secret of [server.password, cipher]) expect(told).not.toContain(secret);
  }, 300_000);

  it('says that another pgbackrest is at work', async () => {
    const held = spawn(flock, [join(root, 'lock/kpi-backup.lock'), 'sh', '-c', 'echo held; sleep 60'], {
      detached: true,
    });
    await once(held.stdout, 'data');
    const error = await make()
      .run()
      .catch((reason: unknown) => reason);
    process.kill(-(held.pid ?? 0), 'SIGKILL');
    expect(error).toMatchObject({ code: 'BACKUP_BUSY', tool: 'pgbackrest', exitCode: 50 });
  });

  it('whose repository has one byte flipped is found by verify and by a drill', async () => {
    const folder = await place('more-drills');
    const backups = make({ drill: { folder, reports: reports() } });
    const newest = (await backups.list()).find(({ kind }) => kind === 'full');
    const path = join(root, 'repo/backup/kpi', newest?.id ?? '', 'bundle/1');
    const file = await open(path, 'r+');
    const { size: length } = await file.stat();
    const byte = Buffer.alloc(1);
    const at = Math.floor(length / 2);
    await file.read(byte, 0, 1, at);
    await file.write(Buffer.from([(byte[0] ?? 0) ^ 1]), 0, 1, at);
    await file.close();
    const verified = await backups.verify();
    expect(verified).toMatchObject({ ok: false });
    const error = await backups.drill({ id: newest?.id ?? '' }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'DRILL_FAILED', reports: [{ error: { code: 'RESTORE_FAILED' } }] });
    expect(await backups.healthCheck().probe(when(90_000))).toMatchObject({ status: 'degraded' });
    expect(await readdir(folder)).toEqual([]);
  }, 300_000);

  it('refuses to restore over something, without its name, and to a moment to come', async () => {
    const backups = make();
    const to = join(root, 'none');
    const refusal = { code: 'RESTORE_REFUSED' };
    await expect(backups.restore({ to, confirm: 'none' })).rejects.toMatchObject(refusal);
    await expect(backups.restore({ to: root, confirm: root })).rejects.toMatchObject(refusal);
    const future = new Date(Date.now() + 3_600_000);
    await expect(backups.restore({ to, confirm: to, at: future })).rejects.toThrow(/"at" must be a moment/);
    const early = backups.restore({ to, confirm: to, at: new Date(0) });
    await expect(early).rejects.toMatchObject({
      code: 'RESTORE_FAILED',
      tool: 'pgbackrest',
      stage: 'restore',
    });
    expect(await readdir(root)).not.toContain('none');
  });

  it('fits a schedule, which sees what was made', async () => {
    await using backups = make();
    await using schedule = createBackupSchedule(backups, {
      backup: '0 2 * * *',
      drill: '0 4 1 * *',
      catchUp: false,
    });
    expect(schedule.next().backup).toBeInstanceOf(Date);
    expect((await backups.history()).backups).toHaveLength((await backups.list()).length);
  });
});

describe('without a server', () => {
  it('says that pgbackrest is not installed, and nothing of passwords', async () => {
    const backups = createPgBackRest({
      stanza: 'kpi',
      config: '/nonexistent/pgbackrest.conf',
      binDir: '/nonexistent',
      password: 'canary-secret',
    });
    const error = await backups.run().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'BACKUP_TOOL_MISSING', tool: 'pgbackrest' });
    expect(String(error)).toContain('Install pgbackrest');
    expect(JSON.stringify(error)).not.toContain('canary');
    await backups.close();
    await expect(backups.list()).rejects.toMatchObject({ code: 'BACKUP_CLOSED' });
  });

  const info = (over: object, backup: object = {}) =>
    JSON.stringify([
      {
        name: 'kpi',
        status: { code: 0, message: 'ok' },
        backup: [
          {
            label: '20261122-010000F',
            type: 'full',
            timestamp: { start: 100, stop: 200 },
            info: { size: 9, repository: { delta: 3 } },
            ...backup,
          },
        ],
        ...over,
      },
    ]);

  it('reads what pgbackrest tells, and calls a backup damaged whose pages had wrong checksums', () => {
    expect(parsePgBackRestInfo(info({}), 'kpi')).toMatchObject([
      { bytes: 3, rawBytes: 9, status: 'complete' },
    ]);
    expect(parsePgBackRestInfo(info({}, { error: true }), 'kpi')).toMatchObject([{ status: 'damaged' }]);
    expect(parsePgBackRestInfo(info({ status: { code: 2 }, backup: [] }), 'kpi')).toEqual([]);
  });

  it.each([
    ['no JSON', 'oops'],
    ['another stanza', info({ name: 'crm' })],
    ['a repository that cannot be read', info({ status: { code: 99, message: 'other' } })],
    ['a kind of backup from the future', info({}, { type: 'block' })],
    ['a label that is a path', info({}, { label: '../x' })],
    ['a size that is none', info({}, { info: {} })],
  ])('refuses %s', (_what, text) => {
    expect(() => parsePgBackRestInfo(text, 'kpi')).toThrow(
      expect.objectContaining({ code: 'BACKUP_UNREADABLE' }),
    );
  });

  it.each([
    [{ stanza: '--repo1-path=/x' }, /"stanza" must be/],
    [{ config: 'pgbackrest.conf' }, /"config" must be an absolute path/],
    [{ fullEveryy: '7d' }, /Did you mean "fullEvery"/],
    [{ drill: { folder: 'drills', reports: local('/tmp') } }, /"folder" must be/],
  ])('refuses the options %o', (options, message) => {
    expect(() => createPgBackRest({ stanza: 'kpi', config: '/etc/x', ...options })).toThrow(message);
  });
});
