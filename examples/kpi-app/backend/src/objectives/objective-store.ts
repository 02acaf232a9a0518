import { randomUUID } from 'node:crypto';
import { type Db, DbError, type QueryRunner, type Sql, sql } from '@seaworthy/db-pool';
import type {
  CreateKeyResultRequest,
  CreateObjectiveRequest,
  KeyResult,
  Objective,
  ObjectiveFilter,
  ObjectiveSummary,
  UpdateObjectiveRequest,
} from '@seaworthy-example/kpi-api';
import { ApiError, type AuditTrail, containing } from '@seaworthy-example/server';
import type { CheckInStore } from '../check-ins/check-in-store.js';

type KeyResultRow = Omit<KeyResult, 'checkIns'>;
type SummaryRow = Omit<ObjectiveSummary, 'lastCheckInAt'> & { readonly lastCheckInAt: Date | null };

/** The columns of an ObjectiveSummary, for the objectives that `condition` leaves. */
export function summaries(condition: Sql): Sql {
  return sql`
    select
      o.id, o.team_id as "teamId", t.name as "teamName", u.name as "ownerName", o.title, o.status, o.due_on as "dueOn",
      coalesce((select avg(p.progress) from key_result_progress p where p.objective_id = o.id), 0)::float8 as progress,
      (select count(*)::int from key_results k where k.objective_id = o.id) as "keyResultCount",
      latest.confidence::float8 as confidence, latest.at as "lastCheckInAt"
    from objectives o
    join teams t on t.id = o.team_id
    join users u on u.id = o.owner_id
    left join lateral (
      select avg(c.confidence) as confidence, max(c.created_at) as at
      from key_results k
      join lateral (
        select confidence, created_at from check_ins where key_result_id = k.id order by created_at desc, id limit 1
      ) c on true
      where k.objective_id = o.id
    ) latest on true
    ${condition}`;
}

export function toSummary(row: SummaryRow): ObjectiveSummary {
  return { ...row, lastCheckInAt: row.lastCheckInAt?.toISOString() ?? null };
}

/** Objectives and what they are measured by. */
export function createObjectiveStore(db: Db, checkIns: CheckInStore, trail: Pick<AuditTrail, 'changed'>) {
  const keyResults = (condition: Sql) => sql`
    select
      k.id, k.objective_id as "objectiveId", k.title, k.unit, k.start_value as "startValue", k.target_value as "targetValue",
      k.current_value as "currentValue", p.progress::float8 as progress,
      (select c.confidence from check_ins c where c.key_result_id = k.id order by c.created_at desc, c.id limit 1) as confidence
    from key_results k join key_result_progress p on p.id = k.id
    ${condition} order by k.position, k.id`;

  async function withCheckIns(rows: readonly KeyResultRow[]): Promise<readonly KeyResult[]> {
    const histories = await checkIns.latestOf(rows.map(({ id }) => id));
    return rows.map((row) => ({ ...row, checkIns: histories.get(row.id) ?? [] }));
  }

  async function get(id: string): Promise<Objective> {
    const row = await db.maybeOne<SummaryRow>(summaries(sql`where o.id = ${id}`));
    if (row === undefined) throw new ApiError(404, 'OBJECTIVE_NOT_FOUND', 'There is no such objective.');
    const { description } = await db.one<{ description: string }>(
      sql`select description from objectives where id = ${id}`,
    );
    const rows = await db.many<KeyResultRow>(keyResults(sql`where k.objective_id = ${id}`));
    return { ...toSummary(row), description, keyResults: await withCheckIns(rows) };
  }

  async function getKeyResult(id: string): Promise<KeyResult> {
    const [keyResult] = await withCheckIns(await db.many<KeyResultRow>(keyResults(sql`where k.id = ${id}`)));
    if (keyResult === undefined)
      throw new ApiError(404, 'KEY_RESULT_NOT_FOUND', 'There is no such key result.');
    return keyResult;
  }

  /** What the audit trail shows of an objective. */
  const audited = (tx: QueryRunner, id: string) =>
    tx.maybeOne(sql`
      select team_id as "teamId", owner_id as "ownerId", title, description, status, due_on as "dueOn"
      from objectives where id = ${id} for update`);

  return {
    async list({ teamId, status, search }: ObjectiveFilter): Promise<readonly ObjectiveSummary[]> {
      const conditions = [
        ...(teamId === undefined ? [] : [sql`o.team_id = ${teamId}`]),
        ...(status === undefined ? [] : [sql`o.status = ${status}`]),
        ...(search === undefined || search === '' ? [] : [sql`o.title ilike ${containing(search)}`]),
      ];
      const where = conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`;
      const rows = await db.many<SummaryRow>(
        summaries(sql`${where} order by o.due_on, o.title, o.id limit 500`),
      );
      return rows.map(toSummary);
    },

    get,

    getKeyResult,

    async teamOf(objectiveId: string): Promise<string> {
      const row = await db.maybeOne<{ teamId: string }>(
        sql`select team_id as "teamId" from objectives where id = ${objectiveId}`,
      );
      if (row === undefined) throw new ApiError(404, 'OBJECTIVE_NOT_FOUND', 'There is no such objective.');
      return row.teamId;
    },

    async add(
      ownerId: string,
      { teamId, title, description, dueOn }: CreateObjectiveRequest,
    ): Promise<Objective> {
      const id = randomUUID();
      try {
        await db.transaction(async (tx) => {
          await tx.exec(sql`
            insert into objectives (id, team_id, owner_id, title, description, status, due_on)
            values (${id}, ${teamId}, ${ownerId}, ${title}, ${description}, 'active', ${dueOn})`);
          const change = { actor: ownerId, action: 'objective.add', target: { type: 'objective', id } };
          await trail.changed(tx, change, undefined, await audited(tx, id));
        });
      } catch (error) {
        if (!DbError.is(error) || error.kind !== 'foreign_key') throw error;
        throw new ApiError(422, 'TEAM_NOT_FOUND', 'There is no such team.', [
          { path: 'teamId', message: 'There is no such team.' },
        ]);
      }
      return get(id);
    },

    async change(
      actor: string,
      id: string,
      { title, description, status, dueOn }: UpdateObjectiveRequest,
    ): Promise<Objective> {
      const changes = { title, description, status, due_on: dueOn };
      await db.transaction(async (tx) => {
        const before = await audited(tx, id);
        if (before === undefined) return;
        if (Object.values(changes).some((value) => value !== undefined)) {
          await tx.exec(sql`update objectives set ${sql.set(changes)} where id = ${id}`);
        }
        const change = { actor, action: 'objective.change', target: { type: 'objective', id } };
        await trail.changed(tx, change, before, await audited(tx, id));
      });
      return get(id);
    },

    async addKeyResult(
      actor: string,
      objectiveId: string,
      given: CreateKeyResultRequest,
    ): Promise<KeyResult> {
      const id = randomUUID();
      await db.transaction(async (tx) => {
        await tx.exec(sql`
        insert into key_results (id, objective_id, title, unit, start_value, target_value, current_value, position)
        values (
          ${id}, ${objectiveId}, ${given.title}, ${given.unit}, ${given.startValue}, ${given.targetValue}, ${given.startValue},
          (select coalesce(max(position), 0) + 1 from key_results where objective_id = ${objectiveId})
        )`);
        const target = { type: 'keyResult', id, objective: objectiveId };
        await trail.changed(tx, { actor, action: 'keyResult.add', target }, undefined, given);
      });
      return getKeyResult(id);
    },
  };
}

export type ObjectiveStore = ReturnType<typeof createObjectiveStore>;

/** What a person searches for is text, also when it holds a pattern's signs. */
