import { randomUUID } from 'node:crypto';
import { type Db, DbError, type QueryRunner, type Sql, sql } from '@seaworthy/db-pool';
import type { Team, TeamMember } from '@seaworthy-example/kpi-api';
import { ApiError, type AuditTrail } from '@seaworthy-example/server';

/** Teams and who is in them. */
export function createTeamStore(db: Db, trail: Pick<AuditTrail, 'changed'>) {
  const teamsWhere = (condition: Sql) => sql`
    select
      t.id, t.name,
      (select count(*)::int from team_members m where m.team_id = t.id) as "memberCount",
      (select count(*)::int from objectives o where o.team_id = t.id and o.status <> 'archived') as "objectiveCount",
      coalesce((
        select avg(p.progress) from objectives o join key_result_progress p on p.objective_id = o.id
        where o.team_id = t.id and o.status <> 'archived'
      ), 0)::float8 as progress
    from teams t ${condition} order by t.name`;

  const membersOf = (teamId: string): Promise<readonly TeamMember[]> =>
    db.many<TeamMember>(sql`
      select u.id as "userId", u.name, u.email, m.role
      from team_members m join users u on u.id = m.user_id
      where m.team_id = ${teamId} order by m.role, u.name`);

  async function get(id: string): Promise<Team> {
    const team = await db.maybeOne<Team>(teamsWhere(sql`where t.id = ${id}`));
    if (team === undefined) throw new ApiError(404, 'TEAM_NOT_FOUND', 'There is no such team.');
    return team;
  }

  /** What the audit trail shows of a membership. */
  const membership = (tx: QueryRunner, teamId: string, userId: string) =>
    tx.maybeOne(sql`
      select role from team_members where team_id = ${teamId} and user_id = ${userId} for update`);

  return {
    list: (): Promise<readonly Team[]> => db.many<Team>(teamsWhere(sql``)),

    get,

    membersOf,

    async isMember(teamId: string, userId: string): Promise<boolean> {
      const found = await db.maybeOne(
        sql`select 1 as one from team_members where team_id = ${teamId} and user_id = ${userId}`,
      );
      return found !== undefined;
    },

    async add(actor: string, name: string): Promise<Team> {
      const id = randomUUID();
      try {
        await db.transaction(async (tx) => {
          await tx.exec(sql`insert into teams (id, name) values (${id}, ${name})`);
          const target = { type: 'team', id };
          await trail.changed(tx, { actor, action: 'team.add', target }, undefined, { name });
        });
      } catch (error) {
        if (!DbError.is(error) || error.kind !== 'unique') throw error;
        throw new ApiError(409, 'TEAM_EXISTS', 'There is a team of this name.', [
          { path: 'name', message: 'There is a team of this name.' },
        ]);
      }
      return get(id);
    },

    async addMember(
      actor: string,
      teamId: string,
      email: string,
      role: TeamMember['role'],
    ): Promise<TeamMember> {
      await get(teamId);
      const user = await db.maybeOne<{ id: string }>(
        sql`select id from users where email = ${email.toLowerCase()}`,
      );
      if (user === undefined) {
        throw new ApiError(422, 'USER_NOT_FOUND', 'Nobody has registered with this address.', [
          { path: 'email', message: 'Nobody has registered with this address.' },
        ]);
      }
      await db.transaction(async (tx) => {
        const before = await membership(tx, teamId, user.id);
        await tx.exec(sql`
          insert into team_members (team_id, user_id, role) values (${teamId}, ${user.id}, ${role})
          on conflict (team_id, user_id) do update set role = excluded.role`);
        const target = { type: 'team', id: teamId, member: user.id };
        await trail.changed(tx, { actor, action: 'team.member', target }, before, { role });
      });
      const member = (await membersOf(teamId)).find(({ userId }) => userId === user.id);
      if (member === undefined) throw new ApiError(404, 'TEAM_NOT_FOUND', 'The team is gone.');
      return member;
    },

    async removeMember(actor: string, teamId: string, userId: string): Promise<void> {
      await db.transaction(async (tx) => {
        const before = await membership(tx, teamId, userId);
        await tx.exec(sql`delete from team_members where team_id = ${teamId} and user_id = ${userId}`);
        const target = { type: 'team', id: teamId, member: userId };
        await trail.changed(tx, { actor, action: 'team.removeMember', target }, before, undefined);
      });
    },
  };
}

export type TeamStore = ReturnType<typeof createTeamStore>;
