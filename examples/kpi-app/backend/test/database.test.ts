import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { silentLogger } from '@seaworthy/contracts';
import { createDb, type Db, type Sql, sql } from '@seaworthy/db-pool';
import { createMigrations } from '@seaworthy/db-pool/migrations';
import { pglite } from '@seaworthy/db-pool/pglite';
import express from 'express';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answerErrors } from '../src/http/answer-errors.js';
import { seed } from '../src/seed/seed.js';
import { seedData } from '../src/seed/seed-data.js';
import { migrations } from '../src/service.js';

const day = new Date('2026-11-21T12:00:00Z');
let db: Db;

beforeAll(async () => {
  db = createDb(pglite({ module: import.meta.resolve('@electric-sql/pglite') }), { connection: {} });
  await db.ready({ timeout: '2m' }); // it is laid out first, which a busy machine takes its time for
  await createMigrations(db, { folder: migrations }).up();
});
afterAll(() => db.close());

describe('the seeded data', () => {
  it('is the same for the same day', () => {
    expect(seedData(day)).toEqual(seedData(new Date('2026-11-21T23:59:59Z')));
  });

  it('has the size of a real quarter and lies in the past', () => {
    const { teams, users, objectives, keyResults, checkIns } = seedData(day);
    expect([teams.length, users.length, objectives.length, keyResults.length]).toEqual([4, 12, 18, 54]);
    expect(checkIns.length).toBeGreaterThan(550);
    expect(checkIns.every(({ created_at }) => created_at < day)).toBe(true);
  });

  it('goes in once, and what people changed afterwards stays', async () => {
    expect(await seed(db, day)).toBe(true);
    await db.exec(sql`update teams set name = 'Renamed' where name = 'Growth'`);
    expect(await seed(db, day)).toBe(false);
    expect(await db.many(sql`select name from teams order by name`)).toEqual(
      ['Customer Success', 'Platform', 'Product', 'Renamed'].map((name) => ({ name })),
    );
  });

  it('has numbers between bounds, which the database keeps whoever writes', async () => {
    await seed(db, day);
    for (const value of [5e-324, 1e300, -1e300]) {
      const statements = [
        sql`update check_ins set value = ${value}`,
        sql`update key_results set current_value = ${value}`,
        sql`update key_results set target_value = ${value}`,
        sql`update key_results set start_value = ${value}`,
      ];
      for (const statement of statements) {
        await expect(db.exec(statement)).rejects.toMatchObject({ kind: 'check' });
      }
    }
    await expect(db.exec(sql`update key_results set target_value = start_value`)).rejects.toMatchObject({
      kind: 'check',
    });
  });
});

describe('what the database says no to', () => {
  it('is the client’s fault when it is a value, and ours when it is the statement', async () => {
    // Text with NUL is refused by parse() and never gets here; db-pool would refuse it as a mistake of the program.
    const statements: readonly (readonly [number, Sql])[] = [
      [400, sql`select ${'0000-01-01'}::date`],
      [400, sql`select ${'1e9999'}::float8`],
      [400, sql`select ${'99999999999'}::integer`],
      [400, sql`select ${'x'}::uuid`],
      [500, sql`select 1 / ${0}::integer`],
      [500, sql`select nothing`],
    ];
    const app = express();
    app.get('/:at', async (req, res) => {
      const [, statement] = statements[Number(req.params.at)] ?? [];
      if (statement !== undefined) res.json(await db.many(statement));
    });
    app.use(answerErrors(silentLogger, { detailed: false }));
    const server = app.listen(0, '127.0.0.1');
    try {
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      const answers = await Promise.all(
        statements.map(async (_, at) => (await fetch(`http://127.0.0.1:${port}/${at}`)).status),
      );
      expect(answers).toEqual(statements.map(([status]) => status));
    } finally {
      server.close();
    }
  });
});
