import { randomUUID } from 'node:crypto';
import { type Db, type Sql, sql } from '@seaworthy/db-pool';
import type { CheckIn, CreateCheckInRequest, RecentCheckIn } from '@seaworthy-example/kpi-api';
import { ApiError, type AuditTrail } from '@seaworthy-example/server';

type Row<T extends CheckIn> = Omit<T, 'createdAt'> & { readonly createdAt: Date };

const columns = sql`
  c.id, c.key_result_id as "keyResultId", u.name as "authorName", c.value, c.confidence, c.comment, c.created_at as "createdAt"`;

/** How many check-ins of a key result are shown. */
const historyLength = 20;

/** What people reported, newest first. */
export function createCheckInStore(db: Db, trail: Pick<AuditTrail, 'changed'>) {
  return {
    /** Writes the check-in and moves its key result in one transaction, so that no reader sees one without the other. */
    add: (
      keyResultId: string,
      authorId: string,
      { value, confidence, comment }: CreateCheckInRequest,
    ): Promise<CheckIn> =>
      db.transaction(async (tx) => {
        const before = await tx.maybeOne<{ value: number }>(
          sql`select current_value as value from key_results where id = ${keyResultId} for update`,
        );
        if (before === undefined)
          throw new ApiError(404, 'KEY_RESULT_NOT_FOUND', 'There is no such key result.');
        await tx.exec(sql`update key_results set current_value = ${value} where id = ${keyResultId}`);
        const id = randomUUID();
        await tx.exec(sql`
          insert into check_ins (id, key_result_id, author_id, value, confidence, comment)
          values (${id}, ${keyResultId}, ${authorId}, ${value}, ${confidence}, ${comment})`);
        const row = await tx.one<Row<CheckIn>>(
          sql`select ${columns} from check_ins c join users u on u.id = c.author_id where c.id = ${id}`,
        );
        const target = { type: 'keyResult', id: keyResultId, checkIn: id };
        const change = { actor: authorId, action: 'checkIn.add', target };
        await trail.changed(tx, change, before, { value: row.value, confidence, comment });
        return dated(row);
      }),

    async of(keyResultId: string): Promise<readonly CheckIn[]> {
      return (await latest(db, [keyResultId], sql`200`)).map(dated);
    },

    /** The latest of each key result, in one statement. */
    async latestOf(keyResultIds: readonly string[]): Promise<ReadonlyMap<string, readonly CheckIn[]>> {
      const histories = new Map<string, CheckIn[]>();
      if (keyResultIds.length === 0) return histories;
      for (const row of await latest(db, keyResultIds, sql`${historyLength}::int`)) {
        const history = histories.get(row.keyResultId) ?? [];
        history.push(dated(row));
        histories.set(row.keyResultId, history);
      }
      return histories;
    },

    async recent(limit: number): Promise<readonly RecentCheckIn[]> {
      const rows = await db.many<Row<RecentCheckIn>>(sql`
        select ${columns}, k.title as "keyResultTitle", o.id as "objectiveId", o.title as "objectiveTitle"
        from check_ins c
        join users u on u.id = c.author_id
        join key_results k on k.id = c.key_result_id
        join objectives o on o.id = k.objective_id
        order by c.created_at desc, c.id limit ${limit}::int`);
      return rows.map(dated);
    },
  };
}

export type CheckInStore = ReturnType<typeof createCheckInStore>;

function latest(db: Db, keyResultIds: readonly string[], limit: Sql): Promise<readonly Row<CheckIn>[]> {
  return db.many<Row<CheckIn>>(sql`
    select c.* from key_results k join lateral (
      select ${columns} from check_ins c join users u on u.id = c.author_id
      where c.key_result_id = k.id order by c.created_at desc, c.id limit ${limit}
    ) c on true
    where k.id in ${sql.list(keyResultIds)}
    order by c."createdAt" desc, c.id`);
}

function dated<T extends { readonly createdAt: Date }>(
  row: T,
): Omit<T, 'createdAt'> & { readonly createdAt: string } {
  return { ...row, createdAt: row.createdAt.toISOString() };
}
