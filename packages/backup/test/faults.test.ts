import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type BackupProgress, createBackups, local, mysql, postgres } from '@seaworthy/backup';
import {
  createFakeClock,
  createTestDatabase,
  describeWith,
  type FaultProxy,
  spawnNode,
  startFaultProxy,
  type TestDatabase,
  waitFor,
} from '@seaworthy/testkit';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { childrenOf, filesIn, postgresBulk, processes, sql, temporaryFolder } from './support/fixtures.js';

const run = promisify(execFile);
let postgresSource: TestDatabase;
let mysqlSource: TestDatabase;

beforeAll(async () => {
  [postgresSource, mysqlSource] = await Promise.all([
    createTestDatabase('postgres'),
    createTestDatabase('mysql'),
  ]);
  await sql(postgresSource.url, ...postgresBulk(20_000));
  await sql(
    mysqlSource.url,
    'create table bulk (id int primary key, body text)',
    'insert into bulk select seq, concat(sha2(seq, 512), sha2(seq * 31, 512), sha2(seq * 37, 512)) from seq_1_to_20000',
  );
});
afterAll(() => Promise.all([postgresSource.drop(), mysqlSource.drop()]));

/** A source behind a line that is slow enough to do something to the run while it lasts. */
async function slowSource(
  database: TestDatabase,
): Promise<{ readonly url: string; readonly proxy: FaultProxy }> {
  const proxy = await startFaultProxy({ target: database });
  onTestFinished(() => proxy.close());
  proxy.drip(2_000_000, { direction: 'toClient' });
  return { url: proxy.url(database.url), proxy };
}

/** Runs a backup and calls `harm` once bytes of the dump have come. */
async function harmedRun(
  database: TestDatabase,
  harm: (proxy: FaultProxy, isOver: () => boolean) => unknown,
  { signal, folders, stallTimeout, clock }: HarmOptions = {},
): Promise<{ readonly error: unknown; readonly folder: string }> {
  const { url, proxy } = await slowSource(database);
  const folder = await temporaryFolder();
  const source = url.startsWith('mysql') ? mysql({ url }) : postgres({ url });
  const backups = createBackups({
    sources: { db: source },
    targets: [local(folder), ...(folders ?? []).map((other) => local(other))],
    ...(clock === undefined ? {} : { clock }),
    ...(stallTimeout === undefined ? {} : { stallTimeout }),
  });
  let over = false;
  let harmed: Promise<void> | undefined;
  const onProgress = ({ rawBytes }: BackupProgress): void => {
    if (rawBytes > 0) harmed ??= harmOnceStaged();
  };
  async function harmOnceStaged(): Promise<void> {
    await waitFor(() => readdirSync(folder).length > 0, { what: 'the file to be there' });
    await harm(proxy, () => over);
  }
  const error = await backups.run({ onProgress, signal }).then(
    () => 'it succeeded',
    (reason: unknown) => reason,
  );
  over = true;
  expect(harmed).toBeDefined();
  await harmed;
  expect(await backups.list()).toEqual([]);
  return { error, folder };
}

interface HarmOptions {
  readonly signal?: AbortSignal;
  readonly folders?: readonly string[];
  readonly stallTimeout?: string;
  readonly clock?: ReturnType<typeof createFakeClock>;
}

function killChild(program: string): void {
  const [pid] = childrenOf(process.pid, program);
  if (pid === undefined) throw new Error(`no child runs ${program}`);
  process.kill(pid, 'SIGKILL');
}

function expectNoChildren(): void {
  const programs = ['pg_dump', 'psql', 'mariadb-dump', 'zstd'];
  expect(programs.flatMap((program) => childrenOf(process.pid, program))).toEqual([]);
}

describeWith(['postgres', 'mysql'], 'a run that fails', () => {
  it.each([
    ['[row 96] pg_dump', 'pg_dump', 'dump', () => postgresSource],
    ['mariadb-dump', 'mariadb-dump', 'dump', () => mysqlSource],
    ['zstd', 'zstd', 'compress', () => postgresSource],
  ] as const)(
    'because %s was killed keeps nothing and names the stage and the tool',
    async (_title, program, stage, source) => {
      const { error, folder } = await harmedRun(source(), () => killChild(program));
      expect(error).toMatchObject({ code: 'BACKUP_TOOL_FAILED', stage, tool: program, exitCode: 'SIGKILL' });
      expect(await filesIn(folder)).toEqual([]);
      expectNoChildren();
    },
  );

  it('because the connection was cut keeps nothing and names the server', async () => {
    const { error, folder } = await harmedRun(postgresSource, (proxy) => proxy.reset());
    expect(error).toMatchObject({ code: 'BACKUP_TOOL_FAILED', stage: 'dump', tool: 'pg_dump', exitCode: 1 });
    expect(String(error)).toContain(`/${postgresSource.name}`);
    expect(await filesIn(folder)).toEqual([]);
  });

  it('because it was aborted rejects with the reason, keeps nothing and leaves no child', async () => {
    const controller = new AbortController();
    const reason = new Error('the operator changed her mind');
    const { error, folder } = await harmedRun(postgresSource, () => controller.abort(reason), {
      signal: controller.signal,
    });
    expect(error).toBe(reason);
    expect(await filesIn(folder)).toEqual([]);
    expectNoChildren();
  });

  it('because it was aborted waits for a psql, too, that does not end when it is asked to', async () => {
    const { url } = await slowSource(postgresSource);
    const binDir = await temporaryFolder();
    for (const [name, first] of [
      ['psql', "trap '' TERM"], // a signal that is ignored stays so in the program that follows
      ['pg_dump', ':'],
    ] as const)
      await writeFile(join(binDir, name), `#!/bin/sh\n${first}\nexec ${name} "$@"\n`, { mode: 0o755 });
    const backups = createBackups({
      sources: { db: postgres({ url, binDir }) },
      targets: [local(await temporaryFolder())],
    });
    const stop = new AbortController();
    let dumping = (): void => undefined;
    const begun = new Promise<void>((resolve) => {
      dumping = resolve;
    });
    const running = expect(backups.run({ signal: stop.signal, onProgress: () => dumping() })).rejects.toThrow(
      'enough',
    );
    await begun;
    expect(childrenOf(process.pid, 'psql')).toHaveLength(1);
    stop.abort(new Error('enough'));
    await running;
    expectNoChildren();
  });

  it('because it was aborted while it waits for a lock rejects with the reason and leaves no child', async () => {
    const holder = new pg.Client({ connectionString: postgresSource.url });
    await holder.connect();
    onTestFinished(() => holder.end());
    await holder.query('begin');
    await holder.query('lock table bulk in access exclusive mode');
    const folder = await temporaryFolder();
    const backups = createBackups({
      sources: { db: postgres({ url: postgresSource.url, lockWaitTimeout: '10m' }) },
      targets: [local(folder)],
    });
    const stop = new AbortController();
    const running = backups.run({ signal: stop.signal }).catch((error: unknown) => error);
    const waiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
    await waitFor(async () => (await sql(postgresSource.url, waiting)).length === 1, { what: 'it to wait' });
    const reason = new Error('enough');
    stop.abort(reason);
    expect(await running).toBe(reason);
    expect(await filesIn(folder)).toEqual([]);
    expectNoChildren();
  });

  it('because the server went silent ends at the stall timeout', async () => {
    const clock = createFakeClock();
    const { error, folder } = await harmedRun(
      postgresSource,
      async (proxy, isOver) => {
        proxy.blackhole();
        // What was on its way may still arrive after the first advance.
        while (!isOver()) await clock.advance(300_000);
      },
      { stallTimeout: '5m', clock },
    );
    expect(error).toMatchObject({ code: 'BACKUP_STALLED', stage: 'dump', tool: 'pg_dump' });
    expect(await filesIn(folder)).toEqual([]);
    expectNoChildren();
  });

  it('because one of two targets cannot be written leaves nothing in the other', async () => {
    const folder = await temporaryFolder();
    const file = join(folder, 'in-the-way');
    await writeFile(file, '');
    const good = await temporaryFolder();
    const backups = createBackups({
      sources: { db: postgres({ url: postgresSource.url }) },
      targets: [local(good), local(join(file, 'backups'))],
    });
    await expect(backups.run()).rejects.toMatchObject({ code: 'BACKUP_WRITE_FAILED', stage: 'write' });
    expect(await filesIn(good)).toEqual([]);
    expect(await readdir(good)).toEqual([]);
  });

  it('because the disk is full says so and keeps nothing', async ({ skip }) => {
    const folder = await temporaryFolder();
    try {
      await run('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', folder]);
    } catch {
      console.warn('SKIPPED: a full disk cannot be shown, because no tmpfs can be mounted here.');
      skip();
    }
    onTestFinished(async () => void (await run('umount', [folder])));
    const backups = createBackups({
      sources: { db: postgres({ url: postgresSource.url }) },
      targets: [local(folder)],
    });
    await expect(backups.run()).rejects.toMatchObject({
      code: 'BACKUP_WRITE_FAILED',
      stage: 'write',
      message: expect.stringContaining('(ENOSPC). The disk is full'),
      cause: { code: 'ENOSPC' },
    });
    expect(await filesIn(folder)).toEqual([]);
    expectNoChildren();
  });

  it('leaves no file with credentials', async () => {
    const temporary = await temporaryFolder();
    vi.stubEnv('TMPDIR', temporary); // other tests use the machine's own
    const credentials = (): string[] =>
      readdirSync(temporary).filter((name) => name.startsWith('seaworthy-'));
    let during: string[] = [];
    await harmedRun(postgresSource, () => {
      during = credentials();
      killChild('pg_dump');
    });
    vi.unstubAllEnvs();
    expect(during).toHaveLength(1);
    expect(credentials()).toEqual([]);
  });
});

describeWith(['postgres', 'mysql'], 'one instance', () => {
  it('makes one backup at a time', async () => {
    const { url } = await slowSource(postgresSource);
    const backups = createBackups({
      sources: { db: postgres({ url }) },
      targets: [local(await temporaryFolder())],
    });
    const first = backups.run().catch((error: unknown) => error);
    await expect(backups.run()).rejects.toMatchObject({ code: 'BACKUP_BUSY' });
    await backups.close();
    expect(await first).toMatchObject({ code: 'BACKUP_CLOSED' });
  });

  it('stops what runs when it is closed, and waits until its children are gone', async () => {
    const { url } = await slowSource(mysqlSource);
    const folder = await temporaryFolder();
    const backups = createBackups({ sources: { db: mysql({ url }) }, targets: [local(folder)] });
    const running = new Promise<void>((resolve) => {
      backups.run({ onProgress: () => resolve() }).catch(() => undefined);
    });
    await running;
    await backups.close();
    expectNoChildren();
    expect(await filesIn(folder)).toEqual([]);
    await expect(backups.run()).rejects.toMatchObject({ code: 'BACKUP_CLOSED' });
  });
});

describeWith(['postgres', 'mysql'], 'the death of our own process by SIGKILL', () => {
  it.each([
    ['PostgreSQL', () => postgresSource],
    ['MySQL', () => mysqlSource],
  ] as const)('during a dump of %s leaves no backup and no child', async (_engine, source) => {
    const { url } = await slowSource(source());
    const folder = await temporaryFolder();
    await using child = spawnNode(join(import.meta.dirname, 'fixtures/run-backup.mjs'), {
      env: { SOURCE_URL: url, FOLDER: folder, TMPDIR: await temporaryFolder() },
    });
    await child.output(/dump/);
    const orphans = processes()
      .filter((one) => one.parent === child.pid)
      .map((one) => one.pid);
    expect(orphans.length).toBeGreaterThanOrEqual(2);
    child.kill('SIGKILL');
    await child.exited;
    await waitFor(() => !processes().some((one) => orphans.includes(one.pid)), {
      what: 'its children to end',
    });

    const left = await filesIn(folder);
    expect(left.filter((name) => !name.startsWith('.partial-'))).toEqual([]);
    expect(left).toHaveLength(1);
    const backups = createBackups({
      sources: {
        db: source() === postgresSource ? postgres({ url: source().url }) : mysql({ url: source().url }),
      },
      targets: [local(folder)],
    });
    expect(await backups.list()).toEqual([]);

    // A day later the next run clears it away; before that it may still be somebody's.
    const { id } = await backups.run();
    expect(await filesIn(folder)).toHaveLength(4);
    const longAgo = new Date(Date.now() - 25 * 3_600_000);
    await utimes(join(folder, left[0] ?? ''), longAgo, longAgo);
    const next = await backups.run();
    expect((await filesIn(folder)).map((name) => name.split('/')[0])).toEqual(
      [id, id, id, next.id, next.id, next.id].toSorted(),
    );
  });
});
