import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFile, chmod, copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeWith, startMariadb, startPostgres } from '@seaworthy/testkit';
import mysql2 from 'mysql2';
import pg from 'pg';
import { expect, test } from 'vitest';
import { mysql } from '../src/drivers/mysql.js';
import { postgres } from '../src/drivers/postgres.js';
import { createDb, type Db, Sql, sql } from '../src/index.js';
import { kindOf } from './support/refused.js';

const shipped = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Runs a client of the server with text on its standard input, and fails with what it said. */
async function runClient(
  command: string,
  args: readonly string[],
  { input, env = {} }: { readonly input: string; readonly env?: Readonly<Record<string, string>> },
): Promise<void> {
  const child = spawn(command, [...args], { env: { PATH: process.env.PATH, ...env } });
  let said = '';
  child.stderr.on('data', (data) => {
    said += String(data);
  });
  child.stdout.resume();
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  if (code !== 0 || /error/i.test(said)) throw new Error(`${command} ended with ${code}: ${said}`);
}

/** `name = value` of a configuration file, without comments. */
async function settingsOf(path: string): Promise<[name: string, value: string][]> {
  const text = await readFile(shipped(path), 'utf8');
  return [...text.matchAll(/^(?!#)([\w.-]+)\s*=\s*(.+)$/gm)].map(([, name = '', value = '']) => [
    name,
    value.replace(/^'(.*)'$/, '$1'),
  ]);
}

const passwords = {
  APP_PASSWORD: 'canary-of-app',
  MIGRATE_PASSWORD: 'canary-of-migrate',
  REPORT_PASSWORD: 'canary-of-report',
  BACKUP_PASSWORD: 'canary-of-backup',
};

const asUser = (url: string, role: 'app' | 'migrate' | 'report' | 'backup', database = 'shop'): string => {
  const own = new URL(url);
  own.username = `shop_${role}`;
  own.password = passwords[`${role.toUpperCase() as 'APP'}_PASSWORD`];
  own.pathname = `/${database}`;
  return own.href;
};

/** Which of the statements the role may run. */
async function allowed(db: Db, statements: readonly string[]): Promise<string[]> {
  await using connection = await db.connect();
  const outcomes: string[] = [];
  for (const text of statements) {
    const outcome = await connection.script(text).then(() => 'done', kindOf);
    outcomes.push(`${text}: ${outcome}`);
  }
  return outcomes;
}

describeWith(['postgres'], 'PostgreSQL', () => {
  test('[row 57] starts with the shipped postgresql.conf and reports every value; the app role of the shipped roles cannot drop the database or create roles', async () => {
    await using server = await startPostgres();
    const included = join(server.folder, 'data', 'seaworthy.conf');
    await copyFile(shipped('tuning/postgresql.conf'), included);
    await chmod(included, 0o644);
    await appendFile(join(server.folder, 'testkit.conf'), "include 'data/seaworthy.conf'\n");
    await server.restart();

    await using admin = createDb(postgres(pg), { url: server.url });
    const wanted = await settingsOf('tuning/postgresql.conf');
    expect(wanted.map(([name]) => name)).toEqual(
      expect.arrayContaining([
        ...['shared_buffers', 'effective_cache_size', 'work_mem', 'maintenance_work_mem', 'max_connections'],
        ...['shared_preload_libraries', 'log_statement', 'log_min_duration_statement', 'log_checkpoints'],
        ...['log_connections', 'log_disconnections'],
      ]),
    );
    for (const [name, value] of wanted) {
      const { actual } = await admin.one<{ actual: string }>(sql`select current_setting(${name}) as actual`);
      expect([name, normal(actual)]).toEqual([name, normal(value)]);
    }

    const { port } = new URL(server.url);
    const args = ['-X', '-q', '-h', server.host, '-p', port, '-U', 'postgres', '-v', 'name=shop'];
    const run = async (): Promise<void> =>
      runClient(
        'psql',
        [...args, '-v', 'app_connections=7', '-f', shipped('roles/postgres.sql'), 'postgres'],
        {
          input: '',
          env: { ...passwords, PGPASSWORD: server.password },
        },
      );
    await run();
    await run(); // a second time changes nothing

    const [database] = await admin.many(
      sql`select pg_encoding_to_char(encoding) as encoding, pg_get_userbyid(datdba) as owner from pg_database where datname = 'shop'`,
    );
    expect(database).toEqual({ encoding: 'UTF8', owner: 'shop_migrate' });

    await using migrate = createDb(postgres(pg), { url: asUser(server.url, 'migrate') });
    await migrate.exec(sql`create table orders (id int generated always as identity primary key, note text)`);
    await using app = createDb(postgres(pg), { url: asUser(server.url, 'app') });
    expect(
      await allowed(app, [
        "insert into orders (note) values ('a')",
        "update orders set note = 'b'",
        'select * from orders',
        'delete from orders',
        'drop database shop',
        'create database other',
        'create role other',
        'alter role shop_app superuser',
        'grant shop_migrate to shop_app',
        'drop table orders',
        'truncate orders',
        'alter table orders add column x int',
        'create table others (id int)',
        'create schema others',
        "copy orders to program 'true'",
        "select pg_read_file('postgresql.conf')",
        'set role postgres',
      ]),
    ).toEqual([
      "insert into orders (note) values ('a'): done",
      "update orders set note = 'b': done",
      'select * from orders: done',
      'delete from orders: done',
      'drop database shop: permission',
      'create database other: permission',
      'create role other: permission',
      'alter role shop_app superuser: permission',
      'grant shop_migrate to shop_app: permission',
      'drop table orders: permission',
      'truncate orders: permission',
      'alter table orders add column x int: permission',
      'create table others (id int): permission',
      'create schema others: permission',
      "copy orders to program 'true': permission",
      "select pg_read_file('postgresql.conf'): permission",
      'set role postgres: permission',
    ]);
    expect(await admin.one(sql`select rolconnlimit as n from pg_roles where rolname = 'shop_app'`)).toEqual({
      n: 7,
    });

    await using report = createDb(postgres(pg), { url: asUser(server.url, 'report') });
    await using backup = createDb(postgres(pg), { url: asUser(server.url, 'backup') });
    for (const reader of [report, backup]) {
      expect(
        await allowed(reader, ['select * from orders', "insert into orders (note) values ('c')"]),
      ).toEqual(['select * from orders: done', "insert into orders (note) values ('c'): readonly"]);
    }
    // Neither the log, which writes every change of a role, nor the statistics keep a password.
    expect(server.logs()).toContain('create table orders');
    expect(server.logs()).not.toContain('canary');
    const kept = await report.many(sql`select query from pg_stat_statements where query like '%canary%'`);
    expect(kept).toEqual([]);
  });
});

describeWith(['mysql'], 'MariaDB', () => {
  test('[row 57] starts with the shipped mariadb.cnf and reports every value; the app user of the shipped roles cannot drop the database or create users', async () => {
    await using server = await startMariadb();
    const included = join(server.folder, 'seaworthy.cnf');
    await copyFile(shipped('tuning/mariadb.cnf'), included);
    await chmod(included, 0o644);
    await appendFile(join(server.folder, 'testkit.cnf'), `!include ${included}\n`);
    await server.restart();

    await using admin = createDb(mysql(mysql2), { url: server.url });
    const wanted = await settingsOf('tuning/mariadb.cnf');
    expect(wanted.map(([name]) => name)).toEqual(
      expect.arrayContaining([
        ...['max_connections', 'max_allowed_packet', 'innodb_buffer_pool_size', 'innodb_log_file_size'],
        ...['server-id', 'log_bin', 'binlog_format', 'query_cache_size'],
      ]),
    );
    const [globals = {}] = await admin.many(
      sql`select ${sql.join(
        wanted.map(([name]) => variable(name)),
        sql`, `,
      )}`,
    );
    for (const [name, value] of wanted) {
      const actual = String(
        Object.entries(globals).find(([key]) => key === `@@global.${columnOf(name)}`)?.[1],
      );
      expect([name, normal(actual)]).toEqual([name, normal(stored[`${name} = ${value}`] ?? value)]);
    }

    const { port } = new URL(server.url);
    const args = ['--protocol=tcp', '-h', server.host, '-P', port, '-u', 'root', '--batch'];
    const settings = [
      "set @name = 'shop', @host = '%', @app_connections = 7;",
      `set @app_password = '${passwords.APP_PASSWORD}', @migrate_password = '${passwords.MIGRATE_PASSWORD}';`,
      `set @report_password = '${passwords.REPORT_PASSWORD}', @backup_password = '${passwords.BACKUP_PASSWORD}';`,
    ];
    const text = await readFile(shipped('roles/mysql.sql'), 'utf8');
    const run = async (): Promise<void> =>
      runClient('mariadb', args, {
        input: [...settings, text].join('\n'),
        env: { MYSQL_PWD: server.password },
      });
    await run();
    await run(); // a second time changes nothing

    await using migrate = createDb(mysql(mysql2), { url: asUser(server.url, 'migrate') });
    await migrate.exec(sql`create table orders (id int auto_increment primary key, note text)`);
    await using app = createDb(mysql(mysql2), { url: asUser(server.url, 'app') });
    expect(
      await allowed(app, [
        "insert into orders (note) values ('a')",
        "update orders set note = 'b'",
        'select * from orders',
        'delete from orders',
        'drop database shop',
        'create database other',
        'create role other',
        "create user 'other'@'%'",
        "grant all on *.* to 'shop_app'@'%'",
        'drop table orders',
        'alter table orders add column x int',
        'create table others (id int)',
        "select 1 into outfile '/tmp/x'",
        'set global read_only = 1',
      ]),
    ).toEqual([
      "insert into orders (note) values ('a'): done",
      "update orders set note = 'b': done",
      'select * from orders: done',
      'delete from orders: done',
      'drop database shop: permission',
      'create database other: permission',
      'create role other: permission',
      "create user 'other'@'%': permission",
      "grant all on *.* to 'shop_app'@'%': permission",
      'drop table orders: permission',
      'alter table orders add column x int: permission',
      'create table others (id int): permission',
      "select 1 into outfile '/tmp/x': permission",
      'set global read_only = 1: permission',
    ]);
    const grant = await admin.one(
      sql`select max_user_connections as n from mysql.user where user = 'shop_app'`,
    );
    expect(grant).toEqual({ n: 7 });
    await using report = createDb(mysql(mysql2), { url: asUser(server.url, 'report') });
    expect(
      await allowed(report, ['select * from orders', 'show slave status', 'delete from orders']),
    ).toEqual(['select * from orders: done', 'show slave status: done', 'delete from orders: permission']);
    await using backup = createDb(mysql(mysql2), { url: asUser(server.url, 'backup') });
    expect(
      await allowed(backup, ['select * from orders', 'lock tables orders read', 'drop table orders']),
    ).toEqual([
      'select * from orders: done',
      'lock tables orders read: done',
      'drop table orders: permission',
    ]);
    expect(server.logs()).not.toContain('canary');
  });

  test('stops before it makes a user without a password', async () => {
    await using server = await startMariadb();
    const { port } = new URL(server.url);
    const input = await readFile(shipped('roles/mysql.sql'), 'utf8');
    const args = ['--protocol=tcp', '-h', server.host, '-P', port, '-u', 'root', '--batch'];
    await expect(
      runClient('mariadb', args, { input, env: { MYSQL_PWD: server.password } }),
    ).rejects.toThrow();
    await using admin = createDb(mysql(mysql2), { url: server.url });
    expect(await admin.many(sql`select user from mysql.user where user like 'app%'`)).toEqual([]);
  });
});

test("MySQL's file has what MySQL 8 accepts: the guide's values without its query cache", async () => {
  const names = (await settingsOf('tuning/mysql.cnf')).map(([name]) => name);
  expect(names.filter((name) => name.startsWith('query_cache'))).toEqual([]);
  expect(names).toEqual(
    expect.arrayContaining(['max_connections', 'max_allowed_packet', 'innodb_buffer_pool_size', 'log_bin']),
  );
});

/** What a server says for what was written. */
const stored: Readonly<Record<string, string>> = { 'log_bin = mysql-bin': '1' };

const columnOf = (name: string): string => name.replaceAll('-', '_');

function variable(name: string): Sql {
  return new Sql([`@@global.${columnOf(name)}`], []);
}

/** Sizes and times in one unit, switches as words. */
function normal(value: string): string {
  const match = /^(\d+)\s*(kB|MB|GB|K|M|G|ms|s|min)?$/.exec(value);
  if (match === null) return value.toLowerCase().replace(/^on$/, '1').split(',').sort().join();
  const [, digits = '', unit = ''] = match;
  const factor: Readonly<Record<string, number>> = {
    kB: 2 ** 10,
    MB: 2 ** 20,
    GB: 2 ** 30,
    K: 2 ** 10,
    M: 2 ** 20,
    G: 2 ** 30,
    s: 1_000,
    min: 60_000,
  };
  return String(Number(digits) * (factor[unit] ?? 1));
}
