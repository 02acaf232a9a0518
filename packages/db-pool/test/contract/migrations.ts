import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Db, DbError, Sql, sql } from '../../src/index.js';
import { createMigrations, MigrationError } from '../../src/migrations.js';
import type { Engine } from '../support/engines.js';
import { testWhere } from './test-where.js';

export function migrationsContract(engine: Engine): void {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'seaworthy-migrations-'));
    await mkdir(folder, { recursive: true });
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
    for (const table of ['seaworthy_migrations', 'hulls', 'ports', 'holds']) {
      await engine.db.exec(sql`drop table if exists ${sql.id(table)}`);
    }
  });

  const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);
  const open = (db: Db = engine.db, options = {}) => createMigrations(db, { folder, ...options });
  const tableExists = async (table: string): Promise<boolean> => {
    const schema = engine.db.dialect === 'postgres' ? sql`current_schema()` : sql`database()`;
    const rows = await engine.db.many(
      sql`select 1 as found from information_schema.tables where table_schema = ${schema} and table_name = ${table}`,
    );
    return rows.length === 1;
  };

  async function writeTwo(): Promise<void> {
    await write(
      '0001_create_hulls.up.sql',
      `-- a comment; with a semicolon\ncreate table hulls (id int primary key, name varchar(50));\ninsert into hulls values (1, 'semi;colon');\n`,
    );
    await write('0001_create_hulls.down.sql', 'drop table hulls;');
    await write('0002_create_ports.up.sql', 'create table ports (id int primary key)');
    await write('0002_create_ports.down.sql', 'drop table ports');
  }

  test('[row 55] applies what is pending in order, once, and says what is applied', async () => {
    await writeTwo();
    expect((await open().status()).map(({ state }) => state)).toEqual(['pending', 'pending']);
    expect(await tableExists('seaworthy_migrations')).toBe(false);

    expect(await open().up()).toEqual(['0001_create_hulls', '0002_create_ports']);
    expect(await open().up()).toEqual([]);
    expect(await engine.db.one(sql`select name from hulls`)).toEqual({ name: 'semi;colon' });
    const status = await open().status();
    expect(status.map(({ state }) => state)).toEqual(['applied', 'applied']);
    expect(status[0]?.finishedAt).toBeInstanceOf(Date);
  });

  testWhere(engine.name !== 'mysql')(
    'takes files as pg_dump writes them, and whatever they set',
    async () => {
      await write(
        '0001_create_hulls.up.sql',
        `select pg_catalog.set_config('search_path', '', false);
       set statement_timeout = 0; set row_security = off;
       create table public.hulls (id int primary key);`,
      );
      const role = engine.name === 'pglite' ? 'set role pg_monitor;' : ''; // where the user may be anybody
      await write('0002_create_ports.up.sql', `create table ports (id int primary key); ${role}`);
      await write('0003_create_holds.up.sql', 'create table holds (id int primary key);');
      expect(await open().up()).toHaveLength(3);
      expect((await open().status()).map(({ state }) => state)).toEqual(['applied', 'applied', 'applied']);
      for (const table of ['hulls', 'ports', 'holds']) expect(await tableExists(table)).toBe(true);
    },
  );

  test('[row 55] takes back the latest ones first', async () => {
    await writeTwo();
    await open().up();
    expect(await open().down(2)).toEqual(['0002_create_ports', '0001_create_hulls']);
    expect(await tableExists('hulls')).toBe(false);
    expect((await open().status()).map(({ state }) => state)).toEqual(['pending', 'pending']);
  });

  test('refuses to take back a migration without a down file and leaves it applied', async () => {
    await write('0001_create_hulls.up.sql', 'create table hulls (id int primary key)');
    await open().up();
    await expect(open().down()).rejects.toMatchObject({ code: 'DB_MIGRATION_IRREVERSIBLE' });
    expect(await tableExists('hulls')).toBe(true);
  });

  test('refuses a file that was changed after it was applied, whatever its line ends', async () => {
    await writeTwo();
    await open().up();
    await write('0002_create_ports.up.sql', 'create table ports (id int primary key)\r\n'.trimEnd());
    expect(await open().up()).toEqual([]);
    await write('0002_create_ports.up.sql', 'create table ports (id bigint primary key)');
    await expect(open().up()).rejects.toMatchObject({ code: 'DB_MIGRATION_CHANGED' });
    expect((await open().status()).map(({ state }) => state)).toEqual(['applied', 'changed']);
  });

  test('refuses a lower number than what is applied, and a database that is ahead of the folder', async () => {
    await write('0002_create_ports.up.sql', 'create table ports (id int primary key)');
    await open().up();
    await write('0001_create_hulls.up.sql', 'create table hulls (id int primary key)');
    await expect(open().up()).rejects.toMatchObject({ code: 'DB_MIGRATION_ORDER' });
    expect(await tableExists('hulls')).toBe(false);
    await rm(join(folder, '0001_create_hulls.up.sql'));
    await rm(join(folder, '0002_create_ports.up.sql'));
    await expect(open().up()).rejects.toMatchObject({ code: 'DB_MIGRATION_ORDER' });
    expect(await open().status()).toMatchObject([{ name: '0002_create_ports', state: 'missing' }]);
  });

  test('names a file that does not fit instead of skipping it', async () => {
    await write('1-create.sql', 'select 1');
    await expect(open().up()).rejects.toThrow('1-create.sql does not fit NNNN_name.up.sql');
  });

  test('a failing migration keeps those before it and says where it stands', async () => {
    await writeTwo();
    await write(
      '0002_create_ports.up.sql',
      'create table holds (id int primary key); create table ports (oops)',
    );
    const error = await open()
      .up()
      .catch((failure: unknown) => failure);
    expect(MigrationError.is(error) && error.code).toBe('DB_MIGRATION_FAILED');
    expect(DbError.is((error as Error).cause) && (error as { cause: DbError }).cause.kind).toBe('syntax');
    expect(await tableExists('hulls')).toBe(true);
    expect(await tableExists('ports')).toBe(false);

    if (engine.name === 'mysql') {
      // MySQL has committed the first statement; nothing further runs until somebody has looked.
      expect(await tableExists('holds')).toBe(true);
      const howItStands =
        'Of its 2 statements the first 1 took effect, and number 2 may have, and nothing further runs until this is resolved.';
      expect((error as Error).message).toContain(howItStands);
      expect((await open().status()).map(({ state }) => state)).toEqual(['applied', 'unfinished']);
      const again = await open()
        .up()
        .catch((failure: unknown) => failure);
      expect(again).toMatchObject({ code: 'DB_MIGRATION_UNFINISHED' });
      expect((again as Error).message).toContain(howItStands);
      expect((again as Error).message).toContain("resolve('0002_create_ports', 'reverted')");
      await engine.db.exec(sql`drop table holds`);
      await open().resolve('0002_create_ports', 'reverted');
    } else {
      expect((error as Error).message).toContain('Nothing of it was kept.');
      expect(await tableExists('holds')).toBe(false);
    }
    await write('0002_create_ports.up.sql', 'create table ports (id int primary key)');
    expect(await open().up()).toEqual(['0002_create_ports']);
  });

  test('[row 55] two runners at once apply everything once, one after the other', async () => {
    await writeTwo();
    // PGlite has one connection, so the second runner queues for it; the servers see two sessions.
    const other = engine.name === 'pglite' ? engine.db : engine.open();
    try {
      const [first, second] = await Promise.all([open().up(), open(other).up()]);
      expect([...first, ...second].sort()).toEqual(['0001_create_hulls', '0002_create_ports']);
    } finally {
      if (other !== engine.db) await other.close();
    }
  });

  // PGlite has one connection: the other runner waits for that, not for the lock.
  testWhere(engine.name !== 'pglite')(
    'gives up when another runner keeps the lock, and leaves no lock behind itself',
    async () => {
      await writeTwo();
      const holder = await engine.db.connect();
      await holder.one(
        engine.db.dialect === 'postgres'
          ? sql`select pg_advisory_lock(${0x73_65_61_77_6d_69_67_72n}) is null as locked`
          : sql`select get_lock(concat('seaworthy_migrations.', left(sha2(database(), 256), 32)), 0) as locked`,
      );
      await expect(open(engine.db, { lockTimeout: '300ms' }).up()).rejects.toMatchObject({
        code: 'DB_MIGRATION_LOCKED',
      });
      await holder.release();
      expect(await open().up()).toHaveLength(2);
      expect(await open(engine.db, { lockTimeout: 0 }).up()).toEqual([]);
    },
  );

  test('a file that changes data only is there whole or not at all, on every engine', async () => {
    await writeTwo();
    await open().up();
    await write(
      '0003_fill.up.sql',
      'insert into ports values (1); insert into ports values (2); insert into ports values (1)',
    );
    const error = await open()
      .up()
      .catch((failure: unknown) => failure);
    expect((error as Error).message).toContain('Nothing of it was kept.');
    expect(await engine.db.many(sql`select id from ports`)).toEqual([]);
    expect((await open().status()).map(({ state }) => state)).toEqual(['applied', 'applied', 'pending']);
    await write('0003_fill.up.sql', 'insert into ports values (1); insert into ports values (2)');
    expect(await open().up()).toEqual(['0003_fill']);
  });

  test('a way back that fails half way is not taken for done or undone', async () => {
    await write(
      '0001_two.up.sql',
      'create table hulls (id int primary key); create table ports (id int primary key)',
    );
    await write('0001_two.down.sql', 'drop table ports; drop table missing; drop table hulls');
    await open().up();
    await expect(open().down()).rejects.toMatchObject({ code: 'DB_MIGRATION_FAILED' });
    const [{ state } = { state: 'none' }] = await open().status();
    if (engine.name === 'mysql') {
      expect(state).toBe('unfinished');
      expect(await tableExists('ports')).toBe(false);
      await expect(open().up()).rejects.toThrow(
        "0001_two.down.sql; run by hand what is missing and call resolve('0001_two', 'reverted')",
      );
      await engine.db.exec(sql`drop table hulls`);
      await open().resolve('0001_two', 'reverted');
      expect(await open().up()).toEqual(['0001_two']);
    } else {
      expect(state).toBe('applied');
      expect(await tableExists('ports')).toBe(true);
    }
  });

  test('makes a backup under the lock before it changes anything, and none when there is nothing to do', async () => {
    await writeTwo();
    const plans: unknown[] = [];
    const backup = async ({
      direction,
      migrations,
    }: {
      direction: string;
      migrations: readonly string[];
    }) => {
      plans.push({ direction, migrations, hulls: engine.name === 'pglite' || (await tableExists('hulls')) });
      return { name: `backup ${plans.length}` };
    };
    const guarded = open(engine.db, { backup });
    await guarded.up();
    await guarded.up();
    await guarded.down(1);
    // PGlite's one connection is the runner's: a hook that asks the database would wait for itself.
    expect(plans).toEqual([
      {
        direction: 'up',
        migrations: ['0001_create_hulls', '0002_create_ports'],
        hulls: engine.name === 'pglite',
      },
      { direction: 'down', migrations: ['0002_create_ports'], hulls: true },
    ]);
    const failing = async () => Promise.reject(new Error('the disk is full'));
    const refusedUp = open(engine.db, { backup: failing }).up();
    await expect(refusedUp).rejects.toMatchObject({ code: 'DB_MIGRATION_BACKUP' });
    await expect(refusedUp).rejects.toThrow('nothing was changed: the disk is full');
    expect(await tableExists('ports')).toBe(false);
    const hanging = open(engine.db, {
      backup: () => new Promise(() => undefined),
      backupTimeout: '50ms',
    }).up();
    await expect(hanging).rejects.toMatchObject({ code: 'DB_MIGRATION_BACKUP' });
    expect(await open().up()).toEqual(['0002_create_ports']);
  });

  test('[row 55] reset empties the database and applies everything, and is refused in production', async () => {
    await writeTwo();
    await open().up();
    await engine.db.exec(sql`create view holds as select id from hulls`);
    const others =
      engine.db.dialect === 'postgres'
        ? [
            "create type flag as enum ('red')",
            'create sequence tides',
            'create domain tons as int check (value > 0)',
          ]
        : ['create function tides() returns int return 1'];
    for (const text of others) await engine.db.exec(new Sql([text], []));
    await engine.db.exec(sql`insert into ports values (7)`);
    for (const environment of [undefined, 'production', 'staging'] as const) {
      await expect(open(engine.db, { environment }).reset()).rejects.toMatchObject({
        code: 'DB_MIGRATION_REFUSED',
      });
    }
    expect(await engine.db.many(sql`select id from ports`)).toHaveLength(1);

    expect(await open(engine.db, { environment: 'test' }).reset()).toHaveLength(2);
    expect(await engine.db.many(sql`select id from ports`)).toEqual([]);
    expect(await engine.db.many(sql`select id from hulls`)).toEqual([{ id: 1 }]);
    expect(await tableExists('holds')).toBe(false);
    for (const text of others) await engine.db.exec(new Sql([text], [])); // it exists no more, or this fails

    // A production database that a developer's settings point to by mistake.
    await write('0003_more.up.sql', 'insert into ports values (8)');
    await open(engine.db, { environment: 'production' }).up();
    const mistake = open(engine.db, { environment: 'development' }).reset();
    await expect(mistake).rejects.toThrow('was migrated in production');
    expect(await engine.db.many(sql`select id from ports`)).toEqual([{ id: 8 }]);
    expect(() => open(engine.db, { environment: 'prod' })).toThrow(
      'one of development, test, staging, production',
    );
  });

  test('goes on with a table of the first version', async () => {
    await writeTwo();
    await open().up();
    for (const column of ['direction', 'statements_done', 'environment']) {
      await engine.db.exec(sql`alter table seaworthy_migrations drop column ${sql.id(column)}`);
    }
    expect((await open().status()).map(({ state }) => state)).toEqual(['applied', 'applied']);
    expect(await open().down(1)).toEqual(['0002_create_ports']);
    expect(await open().up()).toEqual(['0002_create_ports']);
  });
}
