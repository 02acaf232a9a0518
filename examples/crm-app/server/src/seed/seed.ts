import { type Db, sql } from '@seaworthy/db-pool';
import { hashPassword, insertRows } from '@seaworthy-example/server';
import { seedData } from './seed-data.js';

/** What everybody of the demonstration logs in with. */
export const demoPassword = 'seaworthy-demo-2026';

/**
 * Puts the demonstration's data in. A second run changes nothing; what was changed in the meantime stays.
 *
 * @returns whether anything was added
 */
export async function seed(db: Db, today: Date): Promise<boolean> {
  const data = seedData(today);
  const passwordHash = await hashPassword(demoPassword);
  return db.transaction(async (tx) => {
    const { count } = await tx.one<{ count: number }>(sql`select count(*) as count from users`);
    if (count > 0) return false;
    await insertRows(
      tx,
      sql`users`,
      data.users.map((user) => ({ ...user, password_hash: passwordHash })),
    );
    await insertRows(tx, sql`clients`, data.clients);
    await insertRows(tx, sql`invoices`, data.invoices);
    await insertRows(tx, sql`invoice_lines`, data.lines);
    await insertRows(tx, sql`payments`, data.payments);
    await insertRows(tx, sql`number_sequences`, data.sequences);
    return true;
  });
}
