import { createDb, sql } from '@seaworthy/db-pool';
import { createMigrations } from '@seaworthy/db-pool/migrations';
import { pglite } from '@seaworthy/db-pool/pglite';
import { describe, expect, it } from 'vitest';
import { seed } from '../src/seed/seed.js';
import { seedData } from '../src/seed/seed-data.js';
import { migrations } from '../src/service.js';

const day = new Date('2026-11-21T12:00:00Z');

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
    await using db = createDb(pglite({ module: import.meta.resolve('@electric-sql/pglite') }), {
      connection: {},
    });
    await createMigrations(db, { folder: migrations }).up();
    expect(await seed(db, day)).toBe(true);
    await db.exec(sql`update teams set name = 'Renamed' where name = 'Growth'`);
    expect(await seed(db, day)).toBe(false);
    expect(await db.many(sql`select name from teams order by name`)).toEqual(
      ['Customer Success', 'Platform', 'Product', 'Renamed'].map((name) => ({ name })),
    );
  });

  it('has numbers between bounds, which the database keeps whoever writes', async () => {
    await using db = createDb(pglite({ module: import.meta.resolve('@electric-sql/pglite') }), {
      connection: {},
    });
    await createMigrations(db, { folder: migrations }).up();
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
