import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  createTestDatabase,
  describeWith,
  type FaultProxy,
  findProgram,
  startFaultProxy,
  type TestDatabase,
  waitFor,
} from '@seaworthy/testkit';
import mysql2 from 'mysql2';
import pg from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { mysql } from '../src/drivers/mysql.js';
import { postgres } from '../src/drivers/postgres.js';
import { createDb, type Db, sql } from '../src/index.js';
import { createMigrations, type MigrationBackup } from '../src/migrations.js';

const run = promisify(execFile);

for (const engine of ['postgres', 'mysql'] as const) {
  describeWith([engine], `migrations of ${engine} that do not get through`, () => {
    let database: TestDatabase;
    let folder: string;
    let release: Db;
    const ending: (() => Promise<unknown>)[] = [];

    const open = (url: string): Db => {
      const db = engine === 'postgres' ? createDb(postgres(pg), { url }) : createDb(mysql(mysql2), { url });
      ending.unshift(() => db.close());
      return db;
    };
    const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);
    const tables = async (): Promise<string[]> => {
      const schema = engine === 'postgres' ? sql`current_schema()` : sql`database()`;
      const rows = await release.many<{ name: string }>(
        sql`select table_name as name from information_schema.tables where table_schema = ${schema} order by table_name`,
      );
      return rows.map(({ name }) => name);
    };

    beforeEach(async () => {
      database = await createTestDatabase(engine);
      folder = await mkdtemp(join(tmpdir(), 'seaworthy-migrations-'));
      ending.push(
        () => database.drop(),
        () => rm(folder, { recursive: true, force: true }),
      );
      release = open(database.url);
      await write(
        '0001_orders.up.sql',
        "create table orders (id int primary key, note varchar(50)); insert into orders values (1, 'kept')",
      );
      await createMigrations(release, { folder }).up();
    });
    afterEach(async () => {
      for (const end of ending.splice(0)) await end();
    });

    const pause = engine === 'postgres' ? 'select pg_sleep(60)' : 'do sleep(60)';

    async function cutOffInTheMiddle(proxy: FaultProxy): Promise<unknown> {
      await write(
        '0002_half.up.sql',
        `create table half (id int primary key); ${pause}; create table rest (id int)`,
      );
      const runner = open(proxy.url(database.url));
      const outcome = createMigrations(runner, { folder })
        .up()
        .catch((error: unknown) => error);
      const sleeping =
        engine === 'postgres'
          ? sql`select 1 as one from pg_stat_activity where state = 'active' and query like '%pg_sleep(60)%' and pid <> pg_backend_pid()`
          : sql`select 1 as one from information_schema.processlist where info like 'do sleep(60)'`;
      await waitFor(async () => (await release.many(sleeping)).length === 1, {
        what: 'the migration to run',
      });
      proxy.reset();
      return outcome;
    }

    test('a runner that is cut off in the middle gives its lock back, and the next one knows how things stand', async () => {
      await using proxy = await startFaultProxy({ target: database });
      expect(await cutOffInTheMiddle(proxy)).toMatchObject({ code: 'DB_MIGRATION_FAILED' });
      const next = createMigrations(release, { folder, lockTimeout: '30s' });
      if (engine === 'postgres') {
        await write('0002_half.up.sql', 'create table half (id int primary key); create table rest (id int)');
        expect(await next.up()).toEqual(['0002_half']); // nothing was left of the first attempt
        expect(await tables()).toEqual(['half', 'orders', 'rest', 'seaworthy_migrations']);
        return;
      }
      const error = await next.up().catch((failure: unknown) => failure);
      expect(error).toMatchObject({ code: 'DB_MIGRATION_UNFINISHED' });
      expect((error as Error).message).toContain(
        'Of its 3 statements the first 1 took effect, and number 2 may have',
      );
      await release.exec(sql`create table rest (id int)`);
      await next.resolve('0002_half', 'applied');
      expect(await next.up()).toEqual([]);
      expect((await next.status()).map(({ state }) => state)).toEqual(['applied', 'applied']);
    });

    /** A logical dump by the engine's own tool, and how to load it again. */
    async function dump(): Promise<MigrationBackup> {
      const { hostname, port, username, password, pathname } = new URL(database.url);
      const args = ['-h', hostname, '-P', port, '-u', username];
      const env = { ...process.env, MYSQL_PWD: password };
      const client = findProgram('mariadb') ?? findProgram('mysql') ?? 'mysql';
      const tool = findProgram('mariadb-dump') ?? findProgram('mysqldump') ?? 'mysqldump';
      const file = join(folder, 'before.dump');
      await run(
        tool,
        [...args, '--single-transaction', '--no-tablespaces', `--result-file=${file}`, pathname.slice(1)],
        { env },
      );
      return {
        name: 'before.dump',
        async restore({ emptyDatabase }) {
          await emptyDatabase();
          await run(client, [...args, pathname.slice(1), '-e', `source ${file}`], { env });
        },
      };
    }

    test('[row 56] a failing migration leaves the schema as it was, by rollback or from the backup, and the old release goes on', async () => {
      await write('0002_more.up.sql', 'create table more (id int primary key)');
      await write(
        '0003_bad.up.sql',
        `create table bad (id int primary key); alter table orders add column size int; insert into orders (id) values (1)`,
      );
      const before = engine === 'mysql' ? await tables() : [...(await tables()), 'more'].sort();
      const migrations = createMigrations(release, {
        folder,
        ...(engine === 'mysql' ? { backup: dump } : {}),
      });
      const error = await migrations.up().catch((failure: unknown) => failure);
      expect(error).toMatchObject({ code: 'DB_MIGRATION_FAILED', cause: { kind: 'unique' } });
      expect((error as Error).message).toContain(
        engine === 'mysql'
          ? 'put back from backup before.dump: nothing of this run was kept'
          : 'Nothing of it was kept',
      );

      expect(await tables()).toEqual(before);
      // What the old release does: it knows the columns that it was written for.
      expect(await release.many(sql`select * from orders`)).toEqual([{ id: 1, note: 'kept' }]);
      await release.exec(sql`insert into orders values (2, 'by the old release')`);
      // And the next attempt, with the file mended, finds a database that it can go on with.
      await write(
        '0003_bad.up.sql',
        'create table bad (id int primary key); alter table orders add column size int',
      );
      expect(await createMigrations(release, { folder }).up()).toContain('0003_bad');
      expect(await release.many(sql`select id, size from orders order by id`)).toEqual([
        { id: 1, size: null },
        { id: 2, size: null },
      ]);
    });

    if (engine === 'mysql') {
      test('says so when the backup cannot be restored either', async () => {
        await write('0002_bad.up.sql', 'create table bad (id int primary key); selec 1');
        const backup = async (): Promise<MigrationBackup> => ({
          name: 'nightly-7',
          restore: async () => Promise.reject(new Error('the archive is gone')),
        });
        const failing = createMigrations(release, { folder, backup }).up();
        await expect(failing).rejects.toMatchObject({
          code: 'DB_MIGRATION_RESTORE',
          cause: { kind: 'syntax' },
        });
        await expect(failing).rejects.toThrow(
          'Restoring backup nightly-7 failed as well: the archive is gone',
        );
        // Nobody takes a database that is half put back for a new one.
        const next = createMigrations(release, { folder, environment: 'test' });
        await expect(next.up()).rejects.toMatchObject({ code: 'DB_MIGRATION_RESTORE' });
        await expect(next.down()).rejects.toThrow('Backup nightly-7 was not put back to its end');
        await write('0002_bad.up.sql', 'create table bad (id int primary key)');
        expect(await next.reset()).toEqual(['0001_orders', '0002_bad']);
        expect(await next.up()).toEqual([]);
      });
    } else {
      test('a file without a transaction that fails is unfinished, not lost', async () => {
        await write(
          '0002_index.up.sql',
          '-- seaworthy: no transaction\ncreate index concurrently by_note on orders (notes)',
        );
        const migrations = createMigrations(release, { folder });
        await expect(migrations.up()).rejects.toThrow('None of its statements is known to have taken effect');
        await expect(migrations.up()).rejects.toMatchObject({ code: 'DB_MIGRATION_UNFINISHED' });
        await migrations.resolve('0002_index', 'reverted');
        await write(
          '0002_index.up.sql',
          '-- seaworthy: no transaction\ncreate index concurrently by_note on orders (note)',
        );
        expect(await migrations.up()).toEqual(['0002_index']);
      });
    }
  });
}
