import { once } from 'node:events';
import { appendFile, chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type BackupSource,
  createBackups,
  createPgBackRest,
  local,
  mysql,
  postgres,
  scratchMariadb,
} from '@seaworthy/backup';
import { createFakeClock, describeWith, waitFor } from '@seaworthy/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startScratchCluster } from '../src/physical/scratch-cluster.js';
import { findClientPrograms, majorOf } from '../src/sources/client-programs.js';
import { type ScratchServerOptions, startScratchServer } from '../src/tools/scratch-server.js';
import { spawnTool } from '../src/tools/tool-process.js';
import { fakeSource } from './support/fake-source.js';
import { childrenOf, filesIn, processes, temporaryFolder } from './support/fixtures.js';

type Session = Awaited<ReturnType<BackupSource['open']>>;

/** A fake source with another session. */
function sourceWith(change: (session: Session) => Partial<Session>): BackupSource {
  const source = fakeSource();
  return {
    ...source,
    async open(signal) {
      const session = await source.open(signal);
      return { ...session, ...change(session) };
    },
  };
}

describe('a restore whose target cannot take anything', () => {
  it('leaves no decompressor behind', async () => {
    const folder = await temporaryFolder();
    const backups = createBackups({ sources: { db: fakeSource() }, targets: [local(folder)] });
    const { id } = await backups.run();
    const before = childrenOf(process.pid, 'zstd');
    await expect(
      backups.restore(id, { to: fakeSource(), confirm: 'fake', force: ['same-server'] }),
    ).rejects.toThrow('not here');
    expect(childrenOf(process.pid, 'zstd')).toEqual(before);
  });
});

describe('a restore that takes too long', () => {
  it('into MySQL says that a part of it may be there', async () => {
    const folder = await temporaryFolder();
    await using backups = createBackups({ sources: { db: fakeSource() }, targets: [local(folder)] });
    const { id } = await backups.run();
    const to = sourceWith(() => ({
      load: (signal) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
        ),
    }));
    const options = { to, confirm: 'fake', force: ['same-server'], timeout: 200 } as const;
    await expect(backups.restore(id, options)).rejects.toMatchObject({
      code: 'RESTORE_FAILED',
      message: expect.stringMatching(/longer than its timeout.*may hold a part of it/),
    });
  });
});

describe('a dump whose source gives no answer', () => {
  /** Until the signal aborts, as counting rows on a server that froze. */
  const never = (signal: AbortSignal): Promise<never> =>
    new Promise((_resolve, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
    );

  it.each<[string, (asked: () => void) => BackupSource]>([
    [
      'before it begins',
      (asked) =>
        sourceWith(() => ({
          dump(signal) {
            asked();
            return never(signal);
          },
        })),
    ],
    [
      'after its last byte',
      (asked) =>
        sourceWith((session) => ({
          async dump(signal) {
            const dump = await session.dump(signal);
            dump.stdout.once('close', asked);
            return { ...dump, exited: never(signal) };
          },
        })),
    ],
  ])('%s is given up after twelve hours', async (_when, make) => {
    const clock = createFakeClock();
    const folder = await temporaryFolder();
    const limits: number[] = [];
    const schedule: typeof clock.schedule = (callback, ms, options) => {
      limits.push(ms);
      return clock.schedule(callback, ms, options);
    };
    let isAsked = false;
    const backups = createBackups({
      sources: {
        db: make(() => {
          isAsked = true;
        }),
      },
      targets: [local(folder)],
      compress: 'gzip',
      clock: { ...clock, schedule },
    });
    let error: unknown;
    const running = backups.run().catch((reason: unknown) => {
      error = reason;
    });
    // Till then a dump has ten minutes for its next byte.
    await waitFor(() => isAsked && limits.at(-1) === 12 * 3_600_000, { what: 'the source to be asked' });
    await clock.advance(9 * 3_600_000);
    expect(error).toBeUndefined();
    await waitFor(
      async () => {
        await clock.advance(3 * 3_600_000);
        return error;
      },
      { what: 'the run to end' },
    );
    await running;
    expect(error).toMatchObject({ code: 'BACKUP_STALLED', message: expect.stringContaining('no answer') });
    expect(await filesIn(folder)).toEqual([]);
  });
});

describe('a program', () => {
  it('is gone when it is, though something that it started lives on with its standard error', async () => {
    const tool = spawnTool({
      name: 'wrapper',
      path: '/bin/sh',
      args: ['-c', 'sleep 600 & echo $!; wait'],
      stage: 'dump',
      subject: 'a test',
    });
    const [line] = await once(tool.stdout, 'data');
    const pid = Number(line);
    onTestFinished(() => void process.kill(pid, 'SIGKILL'));
    tool.kill();
    await tool.gone;
    await expect(tool.exited).rejects.toMatchObject({ code: 'BACKUP_TOOL_FAILED', exitCode: 'SIGTERM' });
    expect(processes().some((one) => one.pid === pid)).toBe(true);
  });
});

describe('a server for a look at what was restored', () => {
  const start = (lines: string, more: Partial<ScratchServerOptions> = {}) =>
    startScratchServer({
      spec: {
        name: 'server',
        path: '/bin/sh',
        args: ['-c', lines],
        stage: 'restore',
        subject: 'the corrupt place',
      },
      isReady: async () => false,
      isData: (complaint) => complaint.includes('corrupt'),
      cleanUp: async () => undefined,
      signal: new AbortController().signal,
      ...more,
    });

  it.each([
    ['that finds its data bad blames the backup', 'echo page is corrupt >&2; exit 3', 'RESTORE_FAILED', 3],
    [
      'that complains of something else does not',
      'echo no such setting >&2; exit 3',
      'BACKUP_TOOL_FAILED',
      3,
    ],
    [
      'that has no room does not, whatever it takes that for',
      'echo corrupt: No space left on device >&2; exit 3',
      'BACKUP_TOOL_FAILED',
      3,
    ],
    ['that is killed does not', 'echo corrupt >&2; kill -9 $$', 'BACKUP_TOOL_FAILED', 'SIGKILL'],
    ['that somebody stops does not', 'echo corrupt >&2; exit 0', 'BACKUP_TOOL_FAILED', 0],
  ])('%s', async (_what, lines, code, exitCode) => {
    await expect(start(lines)).rejects.toMatchObject({
      code,
      tool: 'server',
      exitCode,
      message: expect.stringContaining('server did not start with the corrupt place'),
    });
  });

  it('that cannot start is gone before its files, and so is who asked it', async () => {
    const events: string[] = [];
    const starting = start('exit 3', {
      isReady: (until) =>
        new Promise((resolve) =>
          until.addEventListener('abort', () => {
            events.push('not asked any more');
            resolve(false);
          }),
        ),
      cleanUp: async () => void events.push('files gone'),
    });
    await expect(starting).rejects.toMatchObject({ exitCode: 3 });
    expect(events).toEqual(['not asked any more', 'files gone']);
  });

  it('is gone when its start is aborted', async () => {
    const stop = new AbortController();
    const mark = `seaworthy-test-${process.pid}-aborted`;
    const running = () => processes().some(({ commandLine }) => commandLine.includes(mark));
    const starting = start(`while :; do sleep 1; done # ${mark}`, {
      async isReady() {
        if (running()) stop.abort(new Error('enough'));
        return false;
      },
      signal: stop.signal,
    });
    await expect(starting).rejects.toThrow('enough');
    expect(running()).toBe(false);
  });
});

describeWith(['postgres', 'mysql'], 'a server that does not know its settings or has no data', () => {
  const { signal } = new AbortController();

  it('of PostgreSQL says nothing of the backup, wherever that is', async () => {
    const data = await temporaryFolder(); // whose name has "backup" in it
    const [program] = await findClientPrograms('postgres', { binDir: undefined, signal });
    if (program === undefined) throw new Error('there is no postgres');
    await writeFile(join(data, 'PG_VERSION'), `${majorOf(program)}\n`);
    const settings = { nonsense_setting: 1 };
    await expect(
      startScratchCluster({ data, user: 'postgres', settings, runAs: undefined, signal }),
    ).rejects.toMatchObject({ code: 'BACKUP_TOOL_FAILED', tool: 'postgres', exitCode: 1 });
  });

  it('of MariaDB says nothing of the backup', async () => {
    const place = await scratchMariadb({ folder: await temporaryFolder() }).create('one', signal);
    const session = await place.source.open(signal);
    await expect(session.query?.('select 1', signal)).rejects.toMatchObject({
      code: 'BACKUP_TOOL_FAILED',
      tool: 'mariadbd',
      exitCode: 1,
    });
    await session.close();
  });
});

describe('where credentials find no place', () => {
  it.each([
    ['postgres', postgres({ url: 'postgres://u:p@127.0.0.1:1/db' })],
    ['mysql', mysql({ url: 'mysql://u:p@127.0.0.1:1/db' })],
  ])('a run of %s says so, and what to do', async (_engine, source) => {
    const { TMPDIR } = process.env;
    onTestFinished(() => {
      if (TMPDIR === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = TMPDIR;
    });
    const folder = await temporaryFolder();
    process.env.TMPDIR = join(folder, 'is-not-there');
    await using backups = createBackups({ sources: { db: source }, targets: [local(join(folder, 'b'))] });
    await expect(backups.run()).rejects.toMatchObject({
      code: 'BACKUP_WRITE_FAILED',
      stage: 'prepare',
      message: expect.stringMatching(/temporary folder .*ENOENT/),
    });
  });
});

describe('pgBackRest', () => {
  /** A program of that name that does what `lines` say, where the real one would need a cluster and its tablespaces. */
  async function standIn(lines: string) {
    const binDir = await temporaryFolder();
    const text = `#!/bin/sh\nfor last; do :; done\ncase "$last" in version) echo 'pgBackRest 2.45'; exit 0;; esac\n${lines}\n`;
    await writeFile(join(binDir, 'pgbackrest'), text);
    await chmod(join(binDir, 'pgbackrest'), 0o755);
    return createPgBackRest({ stanza: 'kpi', config: '/nonexistent/pgbackrest.conf', binDir });
  }

  it('that fails midway leaves nothing of the cluster, nothing of its tablespaces, and what others put beside them meanwhile', async () => {
    const backups = await standIn(
      `for one; do case "$one" in
        --pg1-path=*) to=\${one#*=}; touch "$to/base"; mkdir "$to/pg_tblspc";;
        --tablespace-map-all=*) all=\${one#*=};;
      esac; done
      mkdir -p "$all/fast/PG_15"; ln -s "$all/fast" "$to/pg_tblspc/16400"; touch "$all/fast/PG_15/1"
      mkdir "$all/of-another-restore"; touch "$all/of-another-restore/1"; exit 39`,
    );
    const root = await temporaryFolder();
    const [to, tablespaces] = [join(root, 'data'), join(root, 'tablespaces')];
    await mkdir(tablespaces);
    await appendFile(join(tablespaces, 'mine'), '');
    await expect(backups.restore({ to, confirm: to, tablespaces })).rejects.toMatchObject({
      code: 'RESTORE_FAILED',
    });
    expect(await filesIn(root)).toEqual(['tablespaces/mine', 'tablespaces/of-another-restore/1']);
    expect(await readdir(root)).toEqual(['tablespaces']);
    expect((await readdir(tablespaces)).toSorted()).toEqual(['mine', 'of-another-restore']);
    await expect(backups.restore({ to, confirm: to, tablespaces: 'fast' })).rejects.toThrow(
      /"tablespaces" must be an absolute path/,
    );
  });

  it('is not asked for the gauges any more when a run was aborted', async () => {
    const told = join(await temporaryFolder(), 'told');
    const backups = await standIn(
      `case "$last" in
        info) [ -e '${told}' ] && echo again >> '${told}'; echo '[{"name":"kpi","status":{"code":2},"backup":[]}]';;
        backup) exec sleep 600;;
      esac`,
    );
    const stop = new AbortController();
    const running = expect(backups.run({ signal: stop.signal })).rejects.toThrow('enough');
    await waitFor(() => childrenOf(process.pid, 'sleep').length > 0, { what: 'the backup to run' });
    await writeFile(told, '');
    stop.abort(new Error('enough'));
    await running;
    expect(await readFile(told, 'utf8')).toBe('');
    expect(childrenOf(process.pid, 'sleep')).toEqual([]);
  });

  it.each(['status', 'history'] as const)(
    'is not waited for by a %s that nobody wants any more',
    async (call) => {
      const backups = await standIn('exec sleep 600');
      const stop = new AbortController();
      const asking = expect(backups[call]({ signal: stop.signal })).rejects.toThrow('enough');
      await waitFor(() => childrenOf(process.pid, 'sleep').length > 0, { what: 'it to be asked' });
      stop.abort(new Error('enough'));
      await asking;
      expect(childrenOf(process.pid, 'sleep')).toEqual([]);
    },
  );
});
