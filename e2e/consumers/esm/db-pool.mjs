import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createDb, DbError, sql } from '@seaworthy/db-pool';
import { createMigrations } from '@seaworthy/db-pool/migrations';
import { mysql } from '@seaworthy/db-pool/mysql';
import { mysqlPool } from '@seaworthy/db-pool/mysql2-pool';
import { pgPool } from '@seaworthy/db-pool/pg-pool';
import { pglite } from '@seaworthy/db-pool/pglite';
import { postgres } from '@seaworthy/db-pool/postgres';
import { createQueryCache } from '@seaworthy/db-pool/query-cache';
import { createReplicatedDb } from '@seaworthy/db-pool/replicas';
import { databaseReport } from '@seaworthy/db-pool/report';
import mysql2 from 'mysql2';
import pg from 'pg';
import { folder, nowhere, used } from './setting.mjs';

const down = (error) =>
  DbError.is(error) && error.message.includes(nowhere) && !error.message.includes('pw-canary');

await used('db-pool, db-pool/pglite, db-pool/migrations, db-pool/query-cache', async () => {
  const migrations = join(folder, 'migrations');
  await mkdir(migrations);
  await writeFile(
    join(migrations, '0001_notes.up.sql'),
    'create table notes (id int primary key, text text not null);',
  );
  await writeFile(join(migrations, '0001_notes.down.sql'), 'drop table notes;');
  const db = createDb(pglite(), { url: 'memory://' });
  await db.ready({ timeout: '100s' }); // on a machine that is busy, too
  await createMigrations(db, { folder: migrations }).up();
  await db.transaction((tx) => tx.exec(sql`insert into notes ${sql.row({ id: 1, text: "o'hara" })}`));
  assert.deepEqual(await db.one(sql`select id, text from notes where id = ${1}`), { id: 1, text: "o'hara" });
  await assert.rejects(db.exec(sql`insert into notes ${sql.row({ id: 1, text: 'again' })}`), (error) =>
    DbError.is(error),
  );
  const cache = createQueryCache(db);
  const read = () => cache.one(sql`select text from notes where id = ${1}`, { tags: ['notes'] });
  assert.deepEqual(await read(), { text: "o'hara" });
  await cache.exec(sql`update notes set text = ${'mended'}`, { invalidates: ['notes'] });
  assert.deepEqual(await read(), { text: 'mended' });
  await cache.close();
  await db.close();
});

await used('db-pool/postgres, db-pool/pg-pool, db-pool/report, db-pool/replicas', async () => {
  const db = createDb(postgres(pg), { url: `postgres://app:pw-canary@${nowhere}/app` });
  await assert.rejects(db.one(sql`select 1 as one`), down);
  const pool = pgPool(pg, db);
  assert.ok(pool instanceof pg.Pool);
  await assert.rejects(pool.query('select 1'), down);
  await assert.rejects(databaseReport(db), down);
  await pool.end();
  await db.close();
  const url = `postgres://app:pw-canary@${nowhere}/app`;
  const replicated = createReplicatedDb(postgres(pg), { url, replicas: [url] });
  await assert.rejects(replicated.read.one(sql`select 1 as one`), down);
  await replicated.close();
});

await used('db-pool/mysql, db-pool/mysql2-pool', async () => {
  const db = createDb(mysql(mysql2), { url: `mysql://app:pw-canary@${nowhere}/app` });
  await assert.rejects(db.one(sql`select 1 as one`), down);
  const pool = mysqlPool(mysql2, db);
  await assert.rejects(pool.promise().query('select 1'), down);
  await pool.promise().end();
  await db.close();
});

await used('db-pool/roles/*, db-pool/tuning/*', async () => {
  const { resolve } = createRequire(import.meta.url);
  assert.match(await readFile(resolve('@seaworthy/db-pool/roles/postgres.sql'), 'utf8'), /create role/i);
  assert.match(
    await readFile(resolve('@seaworthy/db-pool/tuning/postgresql.conf'), 'utf8'),
    /max_connections/,
  );
});
