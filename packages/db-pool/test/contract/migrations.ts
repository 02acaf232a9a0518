import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Db, DbError, sql } from '../../src/index.js';
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

  test('applies what is pending in order, once, and says what is applied', async () => {
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

  test('takes back the latest ones first', async () => {
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
      await expect(open().up()).rejects.toMatchObject({ code: 'DB_MIGRATION_UNFINISHED' });
      await engine.db.exec(sql`drop table holds`);
      await open().resolve('0002_create_ports', 'reverted');
    } else {
      expect(await tableExists('holds')).toBe(false);
    }
    await write('0002_create_ports.up.sql', 'create table ports (id int primary key)');
    expect(await open().up()).toEqual(['0002_create_ports']);
  });

  test('two runners at once apply everything once', async () => {
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
}
