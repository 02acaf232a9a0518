import { execFile, spawn } from 'node:child_process';
import { chmod, link, lstat, mkdir, readFile, readlink, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { PGlite } from '@electric-sql/pglite';
import {
  createBackups,
  files,
  local,
  type Manifest,
  pglite,
  rdbFile,
  redis,
  scratchPglite,
} from '@seaworthy/backup';
import { describeWith, freePort, startFaultProxy, startRedis, waitFor } from '@seaworthy/testkit';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { describe, expect, it, onTestFinished } from 'vitest';
import { endWatch } from '../src/pipeline/end-watch.js';
import { filesIn, processes, temporaryFolder } from './support/fixtures.js';

const run = promisify(execFile);

const redisServer = 'redis-server';

async function redisCli(url: string, ...args: readonly string[]): Promise<string> {
  const { port, password } = new URL(url);
  const { stdout } = await run('redis-cli', ['-p', port, ...args], {
    env: {
      PATH: process.env.PATH,
      ...(password === '' ? {} : { REDISCLI_AUTH: decodeURIComponent(password) }),
    },
  });
  return stdout.trim();
}

describeWith(['redis'], 'a backup of Redis', () => {
  it('[row 98] is an RDB file that a second server starts with, all databases and types', async () => {
    await using server = await startRedis();
    for (const command of [
      'set greeting hello',
      'hset user:1 name Ada',
      'rpush list a b c',
      'zadd board 1 one 2 two',
      'sadd tags x y',
    ])
      await redisCli(server.url, ...command.split(' '));
    await redisCli(server.url, '-n', '3', 'set', 'elsewhere', 'yes');
    await redisCli(server.url, 'eval', "for i=1,20000 do redis.call('set', 'k'..i, 'v'..i*7) end", '0');
    const folder = await temporaryFolder();
    const backups = createBackups({
      sources: { cache: redis({ url: server.url }) },
      targets: [local(folder)],
    });
    const { id, artifacts } = await backups.run();
    expect(artifacts).toMatchObject([{ engine: 'redis', format: 'rdb', key: `${id}/cache.rdb.zst` }]);

    const data = await temporaryFolder();
    const path = join(data, 'dump.rdb');
    await backups.restore(id, { to: rdbFile(path), confirm: path });
    await run('redis-check-rdb', [path]);
    const second = { url: `redis://:@127.0.0.1:${await freePort()}` };
    const child = spawn(redisServer, ['--port', new URL(second.url).port, '--dir', data, '--save', '']);
    onTestFinished(() => void child.kill('SIGKILL'));
    await waitFor(() => redisCli(second.url, 'ping'), { what: 'the second server to load' });
    expect(await redisCli(second.url, 'dbsize')).toBe('20005');
    expect(await redisCli(second.url, '-n', '3', 'get', 'elsewhere')).toBe('yes');
    expect(await redisCli(second.url, 'get', 'k20000')).toBe('v140000');
    expect(await redisCli(second.url, 'zrange', 'board', '0', '-1')).toBe('one\ntwo');
    await expect(backups.restore(id, { to: rdbFile(path), confirm: path })).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
    });
  });

  it('has its password in no command line and no environment', async () => {
    await using server = await startRedis();
    await redisCli(server.url, 'eval', "for i=1,50000 do redis.call('set', 'k'..i, 'v'..i) end", '0');
    const folder = await temporaryFolder();
    await using slow = await startFaultProxy({ target: server });
    slow.drip(1_000_000, { direction: 'toClient' }); // so that we see it, however seldom we look
    const backups = createBackups({
      sources: { cache: redis({ url: slow.url(server.url) }) },
      targets: [local(folder)],
    });
    const seen = new Set<string>();
    let looking = true;
    const look = (async () => {
      while (looking) {
        for (const { pid, parent, commandLine } of processes()) {
          if (parent !== process.pid || !commandLine.includes('redis-cli')) continue;
          const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
          seen.add(`${commandLine} ${environment}`);
        }
        await nextTurn();
      }
    })();
    await backups.run();
    looking = false;
    await look;
    expect([...seen].join('\n')).toContain('--rdb');
    expect([...seen].join('\n')).not.toContain(server.password);
    expect(
      await readFile(join(folder, (await backups.list())[0]?.id ?? '', 'manifest.json'), 'utf8'),
    ).not.toContain(server.password);
  });

  it('with a wrong password is none, and says nothing of it', async () => {
    await using server = await startRedis();
    const url = new URL(server.url);
    url.password = 'canary-wrong';
    const folder = await temporaryFolder();
    const backups = createBackups({ sources: { cache: redis({ url: url.href }) }, targets: [local(folder)] });
    const error = await backups.run().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'BACKUP_CONNECT_FAILED', stage: 'prepare', tool: 'redis-cli' });
    expect(String(error)).not.toContain('canary-wrong');
    expect(await filesIn(folder)).toEqual([]);
  });

  it('cut off anywhere is not taken for a whole one', async () => {
    await using server = await startRedis();
    await redisCli(server.url, 'eval', "for i=1,300 do redis.call('set', 'k'..i, 'v'..i) end", '0');
    const folder = await temporaryFolder();
    const backups = createBackups({
      sources: { cache: redis({ url: server.url }) },
      targets: [local(folder)],
      compress: 'gzip',
    });
    const { id } = await backups.run();
    const { stdout } = await run('gunzip', ['-c', join(folder, id, 'cache.rdb.gz')], { encoding: 'buffer' });
    const complete = (bytes: Buffer): boolean => {
      const watch = endWatch('redis');
      for (let at = 0; at < bytes.length; at += 100) watch.push(bytes.subarray(at, at + 100));
      return watch.isComplete();
    };
    expect(complete(stdout)).toBe(true);
    for (let length = 0; length < stdout.length; length += 1)
      expect(complete(stdout.subarray(0, length))).toBe(false);
  });
});

async function tree(): Promise<string> {
  const root = join(await temporaryFolder(), 'app');
  await mkdir(join(root, 'sub/empty'), { recursive: true });
  await mkdir(join(root, 'node_modules/x'), { recursive: true });
  await writeFile(join(root, 'node_modules/x/index.js'), 'no');
  await writeFile(join(root, 'run.sh'), '#!/bin/sh\n');
  await chmod(join(root, 'run.sh'), 0o750);
  await writeFile(join(root, 'secret'), 'x');
  await chmod(join(root, 'secret'), 0o400);
  await writeFile(join(root, 'sub/größe ü.txt'), 'ü'.repeat(5_000));
  await writeFile(join(root, `sub/${'long-'.repeat(40)}.txt`), 'long');
  await writeFile(join(root, 'zeros'), Buffer.alloc(100 * 1024));
  await link(join(root, 'run.sh'), join(root, 'sub/hard'));
  await symlink('../run.sh', join(root, 'sub/soft'));
  await symlink('/nowhere', join(root, 'dangling'));
  await utimes(join(root, 'zeros'), 1_700_000_000, 1_700_000_000.25);
  await chmod(join(root, 'sub/empty'), 0o2755);
  return root;
}

async function listing(root: string): Promise<unknown> {
  const { stdout } = await run('find', ['.', '-printf', '%p %y %m %s %T@ %l %n\n'], { cwd: root });
  return stdout
    .split('\n')
    .filter((line) => !line.startsWith('./node_modules'))
    .map((line) => (/ d /.test(line) ? line.replace(/ \d+ [\d.]+ +\d+$/, '') : line)) // sizes of folders are the file system's
    .toSorted();
}

describe('a backup of files', () => {
  it('[row 98] restores modes, times and links, and leaves out what was excluded', async () => {
    const root = await tree();
    const folder = await temporaryFolder();
    const backups = createBackups({
      sources: { app: files({ root, exclude: ['node_modules'] }) },
      targets: [local(folder)],
    });
    const { id, artifacts } = await backups.run();
    expect(artifacts).toMatchObject([{ engine: 'files', format: 'tar', database: root }]);
    const restored = join(await temporaryFolder(), 'restored');
    await backups.restore(id, { to: files({ root: restored }), confirm: restored });
    expect(await listing(restored)).toEqual(await listing(root));
    expect(await filesIn(restored)).not.toContain('node_modules/x/index.js');
    expect(await readFile(join(restored, 'sub/größe ü.txt'), 'utf8')).toBe('ü'.repeat(5_000));
    expect(await readlink(join(restored, 'dangling'))).toBe('/nowhere');
    const [one, other] = [await lstat(join(restored, 'run.sh')), await lstat(join(restored, 'sub/hard'))];
    expect(one.ino).toBe(other.ino);
  });

  it('is refused onto itself and onto what is there, and leaves nothing behind when it fails', async () => {
    const root = await tree();
    const folder = await temporaryFolder();
    const backups = createBackups({ sources: { app: files({ root }) }, targets: [local(folder)] });
    const { id } = await backups.run();
    await expect(backups.restore(id, { to: files({ root }), confirm: root })).rejects.toMatchObject({
      code: 'RESTORE_REFUSED',
    });
    const place = await temporaryFolder();
    const full = join(place, 'full');
    await mkdir(full);
    await writeFile(join(full, 'mine'), 'mine');
    await expect(backups.restore(id, { to: files({ root: full }), confirm: full })).rejects.toThrow(
      'is not empty',
    );
    await expect(
      backups.restore(id, { to: files({ root: full }), confirm: full, force: ['not-empty'] }),
    ).rejects.toMatchObject({
      code: 'RESTORE_FAILED',
      message: expect.stringContaining('Nothing is replaced'),
    });
    expect(await filesIn(place)).toEqual(['full/mine']);
  });

  it('of a folder that is not there is none', async () => {
    const folder = await temporaryFolder();
    const backups = createBackups({
      sources: { app: files({ root: join(folder, 'no') }) },
      targets: [local(join(folder, 'backups'))],
    });
    await expect(backups.run()).rejects.toMatchObject({ code: 'BACKUP_CONNECT_FAILED' });
    expect(await filesIn(folder)).toEqual([]);
  });

  it('cut off at any block is not taken for a whole one, though files end in zeros', async () => {
    const root = await tree();
    const { stdout } = await run('tar', ['-C', root, '-cf', '-', 'zeros', 'run.sh'], {
      encoding: 'buffer',
      maxBuffer: 1e8,
    });
    const complete = (bytes: Buffer): boolean => {
      const watch = endWatch('files');
      for (let at = 0; at < bytes.length; at += 1_000) watch.push(bytes.subarray(at, at + 1_000));
      return watch.isComplete();
    };
    expect(complete(stdout)).toBe(true);
    const end = stdout.length - (stdout.length % 10_240);
    expect(end).toBe(stdout.length);
    let lastByte = stdout.length - 1;
    while (stdout[lastByte] === 0) lastByte -= 1;
    const least = (Math.floor(lastByte / 512) + 1) * 512 + 1_024;
    for (let length = 0; length < least; length += 512)
      for (const cut of [length - 1, length, length + 1].filter((one) => one >= 0 && one < least))
        expect(complete(stdout.subarray(0, cut)), `${cut} of ${least}`).toBe(false);
  });

  it('with a file of more than 8 GiB, whose size GNU tar writes only into an extended header, is a whole one', async () => {
    const root = await temporaryFolder();
    await run('truncate', ['-s', '9G', join(root, 'big')]);
    const { stdout } = await run(
      'sh',
      ['-c', 'tar --create --file=- --format=posix --owner=x --directory="$0" big | head -c 1536', root],
      { encoding: 'buffer' },
    );
    // The same headers for a file of 1 KiB, so that nobody has to read nine gigabytes.
    const text = stdout.toString('latin1');
    expect(text).toContain('19 size=9663676416\n');
    const headers = Buffer.from(text.replace('19 size=9663676416\n', '19 size=0000001024\n'), 'latin1');
    const content = Buffer.alloc(1_024, 'x');
    const archive = Buffer.concat([headers, content, Buffer.alloc(1_024)]);
    for (const step of [archive.length, 512, 7]) {
      const watch = endWatch('files');
      for (let at = 0; at < archive.length - 512; at += step)
        watch.push(archive.subarray(at, Math.min(at + step, archive.length - 512)));
      expect(watch.isComplete()).toBe(false);
      watch.push(archive.subarray(-512));
      expect(watch.isComplete()).toBe(true);
    }
  });
});

describe('a backup of PGlite', () => {
  it('is a folder that PGlite opens with every row, and a drill tells which tables are as they were', async () => {
    await using db = new PGlite();
    await db.exec(
      `create table t (id int primary key, body text, at timestamptz default '2026-01-02 03:04:05+00');
       insert into t (id, body) select g, md5(g::text) from generate_series(1, 5000) g;
       create table u as select * from t; create table v as select * from t`,
    );
    const [folder, place] = [await temporaryFolder(), await temporaryFolder()];
    const count = "select count(*)::int as n, md5(string_agg(body, '' order by id)) as hash from t";
    const expected = Object.values(Object((await db.query(count)).rows[0])).map(String);
    const open = async (at: string): Promise<PGlite> => {
      const restored = await PGlite.create(at);
      await restored.exec(
        `set timezone = 'Asia/Tokyo'; delete from u where id = 7; update v set body = 'x' where id = 7`,
      );
      return restored;
    };
    const backups = createBackups({
      sources: { db: pglite({ db, fingerprint: 'hash' }) },
      targets: [local(folder)],
      drill: {
        into: { db: scratchPglite({ folder: place, open }) },
        invariants: {
          db: { 'rows are those': async ({ query }) => expect(await query(count)).toEqual([expected]) },
        },
      },
    });
    const { artifacts } = await backups.run();
    expect(artifacts[0]?.contents).toMatchObject({ precision: 'bracketed', tables: { length: 3 } });
    await expect(backups.drill()).rejects.toMatchObject({
      code: 'DRILL_FAILED',
      reports: [
        {
          compared: 'hash',
          tables: 3,
          differences: [
            { table: 'public.u', kind: 'rows', expected: '5000', found: '4999' },
            { table: 'public.v', kind: 'hash' },
          ],
          invariants: [{ passed: true }],
        },
      ],
    });
    expect(await filesIn(place)).toEqual([]);
  }, 180_000);
});

describeWith(['redis'], 'several sources', () => {
  it('are one backup under one manifest, encrypted, and each comes back by its name', async () => {
    await using server = await startRedis();
    await redisCli(server.url, 'set', 'a', 'b');
    const root = await tree();
    const identity = await generateX25519Identity();
    const folder = await temporaryFolder();
    const backups = createBackups({
      sources: { cache: redis({ url: server.url }), app: files({ root }) },
      targets: [local(folder)],
      encrypt: { recipients: [await identityToRecipient(identity)] },
    });
    const manifest: Manifest = await backups.run({ tags: ['weekly'] });
    const { id } = manifest;
    expect(await filesIn(folder)).toEqual(
      ['SHA256SUMS', 'app.tar.zst.age', 'cache.rdb.zst.age', 'manifest.json'].map((name) => `${id}/${name}`),
    );
    expect(await backups.list()).toMatchObject([{ id, status: 'complete', manifest: { tags: ['weekly'] } }]);
    const restored = join(await temporaryFolder(), 'restored');
    const to = files({ root: restored });
    await expect(backups.restore(id, { source: 'app', to, confirm: restored })).rejects.toMatchObject({
      code: 'BACKUP_NO_KEY',
    });
    await backups.restore(id, { source: 'app', to, confirm: restored, identity });
    expect(await listing(restored)).toEqual(await listing(root));
  });

  it('are none when the last of them fails', async () => {
    const root = await tree();
    const folder = await temporaryFolder();
    const backups = createBackups({
      sources: { app: files({ root }), cache: redis({ url: 'redis://127.0.0.1:1' }) },
      targets: [local(folder)],
    });
    await expect(backups.run()).rejects.toMatchObject({ code: 'BACKUP_CONNECT_FAILED', tool: 'redis-cli' });
    expect(await filesIn(folder)).toEqual([]);
  });
});
