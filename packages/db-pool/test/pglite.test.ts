import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockFolder } from '../src/drivers/folder-lock.js';
import { pglite } from '../src/drivers/pglite.js';
import { createDb, type Db, sql } from '../src/index.js';
import { kindOf, refused } from './support/refused.js';

let parent: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'seaworthy-pglite-'));
});
afterEach(async () => {
  await rm(parent, { recursive: true, force: true });
});

const open = (deadline = {}): Db =>
  createDb(pglite(), { connection: { folder: join(parent, 'data') }, deadline });

test('keeps its data in a folder, refuses a second user of it by name of the process, and lets it in after closing', async () => {
  const db = open();
  await db.ready({ timeout: '120s' });
  await db.exec(sql`create table kept (id int primary key)`);
  await db.exec(sql`insert into kept ${sql.row({ id: 1 })}`);

  const second = open();
  const error = await refused(second.ready({ timeout: '1s' }));
  expect(error.message).toContain(`is in use by process ${process.pid}. PGlite allows one process at a time`);
  expect(kindOf(error.cause)).toBe('locked');
  await second.close();
  expect(await db.one(sql`select id from kept`)).toEqual({ id: 1 }); // the refused one took nothing with it

  await db.close();
  expect(existsSync(join(parent, 'data.lock'))).toBe(false);
  const driver = pglite();
  await using third = createDb(driver, { connection: { folder: join(parent, 'data') } });
  expect(await third.one(sql`select id from kept`, { timeout: '120s' })).toEqual({ id: 1 });

  // One that waits for a dump is given up, and the dump is not: it is not the statement that takes long.
  let isDumped = false;
  const dumping = driver.dumpDataDir().finally(() => {
    isDumped = true;
  });
  const kinds = new Set<string>();
  while (!isDumped) {
    kinds.add(await third.exec(sql`select 1`, { timeout: '1ms' }).then(() => 'done', kindOf));
  }
  expect([...kinds].filter((kind) => kind !== 'done').join()).toMatch(/_timeout$/);
  expect((await (await dumping).arrayBuffer()).byteLength).toBeGreaterThan(1_000_000);
  expect(await third.one(sql`select id from kept`, { timeout: '120s' })).toEqual({ id: 1 });

  // A statement that cannot be interrupted ends with its thread, and what was committed stays.
  expect(kindOf(await refused(third.exec(sql`select pg_sleep(30)`, { timeout: '200ms' })))).toBe(
    'query_timeout',
  );
  expect(await third.one(sql`select id from kept`, { timeout: '120s' })).toEqual({ id: 1 });
}, 180_000);

test('lets the event loop go on while a statement computes, and queues transactions for its one connection', async () => {
  const driver = pglite();
  await expect(driver.dumpDataDir()).rejects.toThrow('this one has none or several');
  await using db = createDb(driver, { url: 'memory://', pool: { max: 20, min: 5 } });
  await db.ready({ timeout: '120s' });
  let turns = 0;
  const counter = setInterval(() => {
    turns += 1;
  }, 5);
  await db.one(sql`select pg_sleep(0.5)::text as v`);
  clearInterval(counter);
  expect(turns).toBeGreaterThan(2); // of a hundred; a loop that stands still has one

  await db.exec(sql`create table t (n int)`);
  await db.exec(sql`insert into t values (0)`);
  const add = () =>
    db.transaction(async (tx) => {
      const { n } = await tx.one<{ n: number }>(sql`select n from t`);
      await tx.exec(sql`update t set n = ${n + 1}`);
    });
  await Promise.all(Array.from({ length: 20 }, add));
  expect(await db.one(sql`select n from t`)).toEqual({ n: 20 });
  expect(db.stats()).toMatchObject({ max: 1, total: 1 });

  // Its data folder as a tar archive, while the connection is in use.
  const archive = await db.transaction(async (tx) => {
    await tx.one(sql`select n from t`);
    return Buffer.from(await (await driver.dumpDataDir()).arrayBuffer());
  });
  expect(archive.toString('latin1', 257, 262)).toBe('ustar');
  expect(archive.includes('/PG_VERSION')).toBe(true);
}, 180_000);

test('says so when the package is not installed', async () => {
  await using db = createDb(pglite({ module: '@electric-sql/not-installed' }), { url: 'memory://' });
  const error = await refused(db.ready({ timeout: '2s' }));
  expect(error.message).toContain('@electric-sql/not-installed');
});

test('takes over a lock whose process was killed, and none of a living one', async () => {
  const folder = join(parent, 'folder');
  const script = join(parent, 'holder.mjs');
  await writeFile(script, `process.send(process.pid); setInterval(() => {}, 1000);`);
  const holder = fork(script);
  const pid = await new Promise<unknown>((resolve) => holder.once('message', resolve));
  const lock = { token: 'theirs', pid, startedAt: '', host: (await import('node:os')).hostname() };
  await writeFile(`${folder}.lock`, JSON.stringify(lock));
  expect(() => lockFolder(folder)).toThrow(`in use by process ${pid}`);
  const ended = new Promise((resolve) => holder.once('exit', resolve));
  holder.kill('SIGKILL');
  await ended;
  const unlock = lockFolder(folder);
  expect(() => lockFolder(folder)).toThrow(`in use by process ${process.pid}`);
  unlock();
  lockFolder(folder)();
});

test('takes over a lock whose number belongs to another process by now', async () => {
  const folder = join(parent, 'folder');
  const lock = {
    token: 'theirs',
    pid: process.pid,
    startedAt: '1',
    host: (await import('node:os')).hostname(),
  };
  await writeFile(`${folder}.lock`, JSON.stringify(lock));
  lockFolder(folder)();
  await writeFile(`${folder}.lock`, JSON.stringify({ ...lock, host: 'another-machine' }));
  expect(() => lockFolder(folder)).toThrow('on another-machine');
});
