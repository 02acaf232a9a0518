import { Secret } from '@seaworthy/contracts';
import mysqlPromise from 'mysql2/promise';
import pg from 'pg';
import { expect, test } from 'vitest';
import { mysql } from '../src/drivers/mysql.js';
import { pglite } from '../src/drivers/pglite.js';
import { postgres } from '../src/drivers/postgres.js';
import { createDb } from '../src/index.js';

const url = 'postgres://canaryuser:canarypassword@127.0.0.1:5432/app';

test('names the right option for a misspelt one, at every level', () => {
  expect(() => createDb(postgres(pg), { url, poool: {} } as object)).toThrow(
    'unknown option "poool". Did you mean "pool"?',
  );
  expect(() => createDb(postgres(pg), { url, pool: { maxx: 1 } as object })).toThrow(
    'createDb pool: unknown option "maxx". Did you mean "max"?',
  );
  expect(() => createDb(postgres(pg), { url, deadline: { aquire: 1 } as object })).toThrow(
    'Did you mean "acquire"?',
  );
  expect(() => pglite({ modul: 'x' } as object)).toThrow('Did you mean "module"?');
  expect(() => createDb(pglite(), { connection: { foldr: 'x' } as object })).toThrow(
    'Did you mean "folder"?',
  );
});

test('refuses values that cannot work and never prints the URL', () => {
  const attempts: readonly (() => unknown)[] = [
    () => createDb(postgres(pg), {}),
    () => createDb(postgres(pg), { url, connection: {} }),
    () => createDb(postgres(pg), { url, pool: { max: 0 } }),
    () => createDb(postgres(pg), { url, pool: { max: 2, min: 3 } }),
    () => createDb(postgres(pg), { url, pool: { maxLifetime: 0 } }),
    () => createDb(postgres(pg), { url, deadline: { connect: 0 } }),
    () => createDb(postgres(pg), { url: 'canarypassword is not a URL' }),
    () => createDb(postgres(pg), { url: `${url}?connection_limit=canary` }),
    () => createDb(postgres(pg), { url: `${url}?connection_limit=0` }),
    () => createDb(postgres(pg), { url: `${url}?sslmode=verify-ca&sslrootcert=/nowhere/canary.pem` }),
    () => createDb(pglite(), { url: 'https://canary' }),
  ];
  for (const attempt of attempts) {
    let failure: unknown;
    try {
      attempt();
    } catch (error) {
      failure = error;
    }
    expect(failure).toMatchObject({ name: 'OptionsError' });
    expect(
      `${failure instanceof Error ? failure.stack : ''} ${String(Reflect.get(failure as object, 'cause'))}`,
    ).not.toContain('canary');
  }
});

test('says which module to pass when it got another one', async () => {
  expect(() => postgres({} as typeof pg)).toThrow('import pg from "pg"');
  expect(() => mysql({} as never)).toThrow('import mysql2 from "mysql2"');
  expect(() => mysql(mysqlPromise as never)).toThrow('not "mysql2/promise"');
});

test('takes the URL as a Secret, names the address without credentials, and connects to nothing', async () => {
  const db = createDb(postgres(pg), { url: new Secret('DATABASE_URL', url) });
  expect(db.address).toBe('127.0.0.1:5432');
  expect(db.stats()).toEqual({ total: 0, idle: 0, inUse: 0, connecting: 0, waiting: 0, max: 20 });
  await db.close();
});
