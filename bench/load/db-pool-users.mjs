import { sql } from '@seaworthy/db-pool';

export const rows = 1_000;

/** @param {number} id */
export const userOf = (id) => sql`select id, name from users where id = ${id}`;

/** @param {import('@seaworthy/db-pool').Db} db */
export async function seed(db) {
  await db.exec(sql`create table users (id int primary key, name varchar(40) not null)`);
  await db.transaction(async (tx) => {
    for (let id = 1; id <= rows; id += 1)
      await tx.exec(sql`insert into users values (${id}, ${`user ${id}`})`);
  });
  await db.close();
}

/** @param {number} callers @param {(id: number) => Promise<unknown>} ask @returns {(times: number) => Promise<unknown>} */
export function atOnce(callers, ask) {
  return (times) => {
    let asked = 0;
    const caller = async () => {
      while (asked < times) {
        asked += 1;
        await ask((asked % rows) + 1);
      }
    };
    return Promise.all(Array.from({ length: callers }, caller));
  };
}
