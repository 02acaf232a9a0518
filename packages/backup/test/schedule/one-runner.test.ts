import { inspect } from 'node:util';
import {
  type BackupSchedule,
  type Backups,
  createBackupSchedule,
  createBackups,
  type Held,
  type LockConnection,
  local,
  postgres,
  type RunLock,
  redisLock,
  sqlLock,
} from '@seaworthy/backup';
import type { SqlQuery } from '@seaworthy/contracts';
import {
  createFakeClock,
  createTestDatabase,
  describeWith,
  sharedRedis,
  type TestDatabase,
  waitFor,
} from '@seaworthy/testkit';
import { Redis } from 'ioredis';
import mysqlDriver from 'mysql2/promise';
import pg from 'pg';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import {
  childrenOf,
  filesIn,
  postgresBulk,
  recordingLogger,
  sql,
  temporaryFolder,
} from '../support/fixtures.js';

/** One connection of pg as the port wants it. */
async function postgresConnection(url: string): Promise<LockConnection> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  return {
    dialect: 'postgres',
    async execute({ strings, values }: SqlQuery) {
      const text = strings.reduce((before, after, at) => `${before}$${at}${after}`);
      const { rows, rowCount } = await client.query(text, [...values]);
      return { rows, rowCount: rowCount ?? 0 };
    },
    [Symbol.asyncDispose]: () => client.end(),
  };
}

async function mysqlConnection(url: string): Promise<LockConnection> {
  const connection = await mysqlDriver.createConnection(url);
  connection.on('error', () => undefined);
  return {
    dialect: 'mysql',
    async execute({ strings, values }: SqlQuery) {
      const [rows] = await connection.query(strings.join('?'), [...values]);
      return { rows: Array.isArray(rows) ? (rows as never) : [], rowCount: 0 };
    },
    [Symbol.asyncDispose]: () => connection.end(),
  };
}

/** Notes what the lock answered, once it has. */
function remembering(lock: RunLock, asked: Promise<Held<unknown>>[]): RunLock {
  return {
    tryHold(job, work) {
      const answer = lock.tryHold(job, work);
      asked.push(answer);
      return answer;
    },
  };
}

interface Instance {
  readonly backups: Backups;
  readonly schedule: BackupSchedule;
  readonly seen: ReturnType<typeof recordingLogger>['lines'];
}

function instance(url: string, folder: string, lock: RunLock): Instance {
  const { logger, lines } = recordingLogger();
  const backups = createBackups({ sources: { db: postgres({ url }) }, targets: [local(folder)], logger });
  const schedule = createBackupSchedule(backups, {
    backup: '0 2 * * *',
    jitter: 0,
    lock,
    logger,
    retryAfter: '50ms',
  });
  onTestFinished(async () => {
    await schedule.close();
    await backups.close();
  });
  return { backups, schedule, seen: lines };
}

describeWith(['postgres', 'mysql', 'redis'], 'one runner among many instances', () => {
  let database: TestDatabase;
  let mysqlDatabase: TestDatabase;
  let redisUrl: string;
  beforeAll(async () => {
    database = await createTestDatabase('postgres');
    mysqlDatabase = await createTestDatabase('mysql');
    redisUrl = (await sharedRedis()).url; // each call gives another database
    await sql(database.url, ...postgresBulk(2_000));
  });

  async function redisCommands(): Promise<Redis> {
    const redis = new Redis(redisUrl);
    onTestFinished(() => redis.disconnect());
    return redis;
  }

  const locks: Record<string, (key: string) => Promise<RunLock>> = {
    'an advisory lock of PostgreSQL': async (key) => sqlLock(() => postgresConnection(database.url), { key }),
    'a named lock of MariaDB': async (key) => sqlLock(() => mysqlConnection(mysqlDatabase.url), { key }),
    'a lock in Redis': async (key) => redisLock(await redisCommands(), { key }),
  };

  it.each(Object.keys(locks))(
    'of four instances scheduled at once one makes the backup, by %s',
    async (name) => {
      const folder = await temporaryFolder();
      const make = locks[name];
      if (make === undefined) throw new Error(name);
      const instances: Instance[] = [];
      const asked: Promise<Held<unknown>>[] = [];
      for (let count = 0; count < 4; count += 1) {
        instances.push(instance(database.url, folder, remembering(await make(folder), asked)));
      }
      const [first] = instances;
      await waitFor(() => asked.length === 4, { what: 'all four to have asked for the lock' });
      const answers = await Promise.all(asked);
      await Promise.all(instances.map(({ schedule }) => schedule.close()));
      expect(answers.filter(({ held }) => held).length).toBeGreaterThanOrEqual(1);
      const all = instances.flatMap(({ seen }) => seen);
      expect((await first?.backups.list())?.map(({ status }) => status)).toEqual(['complete']);
      expect(all.filter(({ message }) => message === 'A backup is complete.')).toHaveLength(1);
      expect(all.filter(({ level }) => level === 'warn' || level === 'error')).toEqual([]);
      expect(childrenOf(process.pid, 'pg_dump')).toEqual([]);
    },
  );

  it.each(Object.keys(locks))(
    'a second holder is refused at once, and let in when the first is done: %s',
    async (name) => {
      const key = `second-${name}`;
      const [one, two] = [await locks[name]?.(key), await locks[name]?.(key)];
      const held = await one?.tryHold('backup', async () => {
        expect(await two?.tryHold('backup', async () => 'never')).toEqual({ held: false });
        expect(await two?.tryHold('drill', async () => 'other job')).toEqual({
          held: true,
          value: 'other job',
        });
        return 'first';
      });
      expect(held).toEqual({ held: true, value: 'first' });
      expect(await two?.tryHold('backup', async () => 'second')).toEqual({ held: true, value: 'second' });
      await expect(two?.tryHold('backup', () => Promise.reject(new Error('broken')))).rejects.toThrow(
        'broken',
      );
      expect(await one?.tryHold('backup', async () => 'third')).toEqual({ held: true, value: 'third' });
    },
  );

  it('close() in the middle of a dump leaves no child, no backup and no lock', async () => {
    const folder = await temporaryFolder();
    const key = 'closed';
    const lock = sqlLock(() => postgresConnection(database.url), { key });
    const backups = createBackups({
      sources: { db: postgres({ url: database.url }) },
      targets: [local(folder)],
    });
    onTestFinished(() => backups.close());
    let begin = (): void => undefined;
    const dumping = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const schedule = createBackupSchedule(backups, {
      backup: '0 2 * * *',
      jitter: 0,
      lock,
      onProgress: () => begin(),
    });
    await dumping;
    await schedule.close();
    expect([...childrenOf(process.pid, 'pg_dump'), ...childrenOf(process.pid, 'psql')]).toEqual([]);
    expect(await filesIn(folder)).toEqual([]);
    expect(await lock.tryHold('backup', async () => 'free')).toEqual({ held: true, value: 'free' });
  });

  it('a lock in Redis that is gone stops the work, and leaves the lock of its successor alone', async () => {
    const redis = await redisCommands();
    const clock = createFakeClock();
    const lock = redisLock(redis, { key: 'lost', ttl: '30s', clock });
    const held = lock.tryHold('backup', async (signal) => {
      await redis.set('lost:backup', 'somebody else');
      await clock.advance(10_000);
      await new Promise((_resolve, reject) => {
        if (signal.aborted) reject(signal.reason);
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    });
    await expect(held).rejects.toMatchObject({ code: 'BACKUP_LOCK_LOST' });
    expect(await redis.get('lost:backup')).toBe('somebody else');
  });

  it('a login that Redis refuses puts no password into what a lock rejects with', async () => {
    const url = new URL(redisUrl);
    url.password = 'canary-of-redis';
    const redis = new Redis(url.href, { maxRetriesPerRequest: 1 });
    redis.on('error', () => undefined);
    onTestFinished(() => redis.disconnect());
    const error = await redisLock(redis, { key: 'refused' })
      .tryHold('backup', async () => 'never')
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'BACKUP_CONNECT_FAILED', tool: 'redis' });
    expect(String(error)).toContain('WRONGPASS');
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('canary');
  });

  it('an advisory lock whose connection was cut stops the work', async () => {
    const clock = createFakeClock();
    const lock = sqlLock(() => postgresConnection(database.url), { key: 'cut', clock });
    const held = lock.tryHold('backup', async (signal) => {
      await sql(
        database.adminUrl,
        `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and pid <> pg_backend_pid()`,
      );
      await clock.advance(15_000);
      await new Promise((_resolve, reject) => {
        if (signal.aborted) reject(signal.reason);
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    });
    await expect(held).rejects.toMatchObject({ code: 'BACKUP_LOCK_LOST' });
  });
});
