import { chmod, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  createBackups,
  local,
  mariadbBackup,
  mariadbFolder,
  type Scratch,
  scratchMariadb,
} from '@seaworthy/backup';
import { describeWith, type MariadbServer, startMariadb, waitFor } from '@seaworthy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endWatch } from '../../src/pipeline/end-watch.js';
import { filesIn, processes, sql, temporaryFolder } from '../support/fixtures.js';

async function ownerOf(server: MariadbServer): Promise<{ readonly uid: number; readonly gid: number }> {
  const [row] = await sql(server.url, 'select @@datadir as path');
  const { uid, gid } = await stat(String(Reflect.get(Object(row), 'path')));
  return { uid, gid };
}

describeWith(['private mysql', 'mariadb-backup'], 'the files of a MariaDB server', () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadb();
    await sql(
      server.url,
      'create table t (n int primary key, body text)',
      'insert into t select seq, md5(seq) from seq_1_to_2000',
    );
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  const make = async (into?: Scratch) => {
    const folder = await temporaryFolder();
    const backups = createBackups({
      sources: { files: mariadbBackup({ url: server.url }) },
      targets: [local(folder)],
      ...(into === undefined
        ? {}
        : {
            drill: {
              into: { files: into },
              invariants: {
                files: {
                  'the rows are those of the backup': async ({ query }) =>
                    expect(await query('select count(*), md5(sum(crc32(body))) from seaworthy.t')).toEqual([
                      ['2000', expected],
                    ]),
                },
              },
            },
          }),
    });
    return { folder, backups };
  };
  let expected = '';

  it('are backed up while it works, and a drill prepares them and asks a server of its own', async () => {
    const [row] = await sql(server.url, 'select md5(sum(crc32(body))) as hash from t');
    expected = String(Reflect.get(Object(row), 'hash'));
    const place = join(await temporaryFolder(), 'drills');
    const { backups, folder } = await make(scratchMariadb({ folder: place }));
    const seen = new Set<string>();
    let looking = true;
    const look = (async () => {
      while (looking) {
        for (const { commandLine } of processes())
          if (/mariadb-backup|mbstream/.test(commandLine)) seen.add(commandLine);
        await nextTurn();
      }
    })();
    const { id, artifacts } = await backups.run();
    expect(artifacts).toMatchObject([
      { engine: 'mariadb', format: 'mbstream', key: `${id}/files.mbstream.zst` },
    ]);
    await sql(server.url, "insert into t values (3000, 'after')");
    const [report] = await backups.drill();
    looking = false;
    await look;
    await sql(server.url, 'delete from t where n = 3000');
    expect(report).toMatchObject({ outcome: 'passed', compared: 'nothing', invariants: [{ passed: true }] });
    expect(await readdir(place)).toEqual([]);
    expect(await backups.status()).toMatchObject({ lastBackup: { id }, lastVerified: { id } });
    expect([...seen].join('\n')).toMatch(/--backup .*--stream|--prepare/s);
    expect([...seen].join('\n')).not.toContain(server.password);
    expect(await filesIn(folder)).toContain(`${id}/files.mbstream.zst`);

    if (process.getuid?.() === 0) {
      // As the server's own user, which is not ours.
      const [shared, runAs] = [await temporaryFolder(), await ownerOf(server)];
      await chmod(shared, 0o711);
      const other = createBackups({
        sources: { files: mariadbBackup({ url: server.url }) },
        targets: [local(folder)],
        drill: { into: { files: scratchMariadb({ folder: join(shared, 'drills'), runAs }) } },
      });
      expect(await other.drill()).toMatchObject([{ outcome: 'passed' }]);
      expect(await readdir(join(shared, 'drills'))).toEqual([]);
    }

    const to = join(await temporaryFolder(), 'data');
    await backups.restore(id, { to: mariadbFolder({ folder: to }), confirm: to });
    expect((await stat(join(to, 'seaworthy/t.ibd'))).size).toBeGreaterThan(0);
    await expect(
      backups.restore(id, { to: mariadbFolder({ folder: to }), confirm: to }),
    ).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
    });
    expect((await backups.verify(id)).ok).toBe(true);
  }, 240_000);

  it('whose mariadb-backup is killed midway are no backup', async () => {
    const { backups, folder } = await make();
    const failing = backups.run().catch((error: unknown) => error);
    const pid = await waitFor(
      () =>
        processes().find(
          (one) => one.parent === process.pid && /mariadb-backup .*--stream/.test(one.commandLine),
        )?.pid,
      { what: 'mariadb-backup to run', everyMs: 1 },
    );
    process.kill(pid, 'SIGKILL');
    expect(await failing).toMatchObject({
      code: 'BACKUP_TOOL_FAILED',
      stage: 'dump',
      tool: 'mariadb-backup',
      exitCode: 'SIGKILL',
    });
    expect(await filesIn(folder)).toEqual([]);
    expect(await backups.status()).toMatchObject({ lastBackup: undefined });
  }, 240_000);

  it('are not backed up with a wrong password, without the program, and not into a running server', async () => {
    const targets = [local(await temporaryFolder())];
    const url = new URL(server.url);
    url.password = 'canary-wrong';
    const wrong = createBackups({ sources: { files: mariadbBackup({ url: url.href }) }, targets });
    const error = await wrong.run().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'BACKUP_CONNECT_FAILED' });
    expect(String(error)).not.toContain('canary');
    const without = mariadbBackup({ url: server.url, binDir: '/nonexistent' });
    await expect(createBackups({ sources: { files: without }, targets }).run()).rejects.toMatchObject({
      code: 'BACKUP_TOOL_MISSING',
      tool: 'mariadb-backup',
      message: expect.stringContaining('Install mariadb-backup'),
    });
  });
});

describe('the stream of mariadb-backup', () => {
  const chunk = (type: string, path: string, content = ''): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32LE(path.length);
    return Buffer.concat([Buffer.from(`XBSTCK01\0${type}`), length, Buffer.from(path + content)]);
  };

  it.each([
    [
      'a whole one',
      [chunk('E', 'ibdata1'), chunk('P', 'xtrabackup_info', 'x'), chunk('E', 'xtrabackup_info')],
      true,
    ],
    ['one of a newer version', [chunk('E', 'mariadb_backup_info')], true],
    ['one that ends after another file', [chunk('E', 'ibdata1')], false],
    ['one that ends within a file', [chunk('E', 'ibdata1'), chunk('P', 'xtrabackup_info')], false],
  ])('%s is known by its last chunk', (_what, chunks, whole) => {
    const watch = endWatch('mariadb');
    for (const one of chunks) watch.push(one);
    expect(watch.isComplete()).toBe(whole);
    watch.push(Buffer.from('x'));
    expect(watch.isComplete()).toBe(false);
  });
});
