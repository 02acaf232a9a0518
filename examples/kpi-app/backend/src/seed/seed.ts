import { type Db, type Sql, sql } from '@seaworthy/db-pool';
import { hashPassword } from '@seaworthy-example/server';
import { seedData } from './seed-data.js';

/** What everybody of the demonstration logs in with. */
export const demoPassword = 'seaworthy-demo-2026';

/** Statements have a bound on their values, so rows go in by hundreds. */
const batch = 200;

/**
 * Puts the demonstration's data in. A second run changes nothing; what was changed in the meantime stays.
 *
 * @returns whether anything was added
 */
export async function seed(db: Db, today: Date): Promise<boolean> {
  const data = seedData(today);
  const passwordHash = await hashPassword(demoPassword);
  return db.transaction(async (tx) => {
    const { count } = await tx.one<{ count: number }>(sql`select count(*)::int as count from users`);
    if (count > 0) return false;
    const insert = async (table: Sql, rows: readonly Readonly<Record<string, unknown>>[]): Promise<void> => {
      for (let from = 0; from < rows.length; from += batch) {
        await tx.exec(
          sql`insert into ${table} ${sql.rows(rows.slice(from, from + batch))} on conflict do nothing`,
        );
      }
    };
    await insert(
      sql`users`,
      data.users.map((user) => ({ ...user, password_hash: passwordHash })),
    );
    await insert(sql`teams`, data.teams);
    await insert(sql`team_members`, data.members);
    await insert(sql`objectives`, data.objectives);
    await insert(sql`key_results`, data.keyResults);
    await insert(sql`check_ins`, data.checkIns);
    return true;
  });
}
