import { createTestDatabase, describeWith } from '@seaworthy/testkit';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { expect, test } from 'vitest';
import { createRedactor } from '../src/index.js';

const redactor = createRedactor();
const canary = 'Qx7z';

/** Values whose end depends on what a backslash, a quote or a bracket means. */
const values = [
  `ab'${canary}`,
  `ab\\${canary}`,
  `ab\\'${canary}`,
  `ab"${canary}`,
  `ab\\"${canary}`,
  `a\n${canary})`,
  `a', (${canary}`,
  `a) already (${canary}`,
  `it's' for ${canary}\\`,
  `$$${canary}$a$`,
];

async function refusal(work: Promise<unknown>): Promise<object> {
  const error: unknown = await work.then(
    () => undefined,
    (reason) => reason,
  );
  if (typeof error !== 'object' || error === null) throw new Error('the database accepted the statement');
  return error;
}

function expectHidden(value: unknown): void {
  expect(JSON.stringify(value, ['message', 'sql', 'sqlMessage', 'detail', 'text'])).toContain(canary);
  expect(JSON.stringify(redactor.redact(value))).not.toContain(canary);
}

describeWith(['mysql'], 'of a secret column, what mysql2 and MariaDB say', () => {
  test('in errors and statements is hidden, however the driver escapes it', async () => {
    await using database = await createTestDatabase('mysql');
    const sql = await mysql.createConnection({ uri: database.url });
    try {
      await sql.query('create table users (token varchar(64), note text, unique users_token_key (token))');
      for (const value of values) {
        // The server reads the literal as the driver means it.
        const [rows] = await sql.query('select ? as echoed', [value]);
        expect(rows).toEqual([{ echoed: value }]);
        const unknown = 'update nowhere set token = ?, note = ? where id = 1';
        expectHidden(await refusal(sql.query(unknown, [value, 'shown'])));
        expectHidden(await refusal(sql.query('select * from nowhere where token in (?)', [[value, 'b']])));
        expectHidden(await refusal(sql.query('select * from nowhere where token = sha2(?, 256)', [value])));
        const insert = 'insert into users (token, note) values (?, ?)';
        await sql.query(insert, [value, 'shown']);
        expectHidden(await refusal(sql.query(insert, [value, 'shown'])));
        expectHidden({ sql: sql.format('create user a@b identified by ?', [value]) });
      }
    } finally {
      await sql.end();
    }
  });
});

describeWith(['postgres'], 'of a secret column, what pg and PostgreSQL say', () => {
  test('in errors and statements is hidden, however the driver escapes it', async () => {
    await using database = await createTestDatabase('postgres');
    const sql = new pg.Client({ connectionString: database.url });
    await sql.connect();
    try {
      await sql.query('create table users (token text primary key, note text not null)');
      for (const value of values) {
        const literal = pg.escapeLiteral(value);
        for (const written of [literal, `'${value.replaceAll("'", "''")}'`, `$q$${value}$q$`]) {
          const { rows } = await sql.query(`select ${written} as echoed`);
          expect(rows).toEqual([{ echoed: value }]);
          expectHidden({ text: `update users set token = ${written}, note = 'shown' where id = 1` });
          expectHidden({
            text: `select 1 from users where lower(token) = ${written}::text and note = 'shown'`,
          });
          expectHidden({ text: `insert into users (note, token) values ('shown', ${written})` });
          expectHidden({ text: `alter role app password ${written} valid until 'infinity'` });
        }
        const insert = 'insert into users (token, note) values ($1, $2)';
        await sql.query(insert, [value, 'shown']);
        expectHidden(await refusal(sql.query(insert, [value, 'shown'])));
        expectHidden(await refusal(sql.query(insert, [value, null])));
      }
    } finally {
      await sql.end();
    }
  });
});
