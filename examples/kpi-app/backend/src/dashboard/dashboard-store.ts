import { type Db, sql } from '@seaworthy/db-pool';
import type { DashboardResponse, TeamProgress, TrendPoint } from '@seaworthy-example/kpi-api';
import type { CheckInStore } from '../check-ins/check-in-store.js';
import { summaries, toSummary } from '../objectives/objective-store.js';

interface Totals {
  readonly progress: number;
  readonly activeObjectives: number;
  readonly keyResults: number;
  readonly checkInsThisWeek: number;
}

const weeks = 12;

/** What the first page shows. */
export function createDashboardStore(db: Db, checkIns: CheckInStore) {
  const totals = () =>
    db.one<Totals>(sql`
      select
        (select count(*)::int from objectives where status = 'active') as "activeObjectives",
        (select count(*)::int from key_results k join objectives o on o.id = k.objective_id where o.status = 'active') as "keyResults",
        (select count(*)::int from check_ins where created_at >= date_trunc('week', now() at time zone 'utc') at time zone 'utc') as "checkInsThisWeek",
        coalesce((
          select avg(progress) from (
            select avg(p.progress) as progress from objectives o join key_result_progress p on p.objective_id = o.id
            where o.status = 'active' group by o.id
          ) each
        ), 0)::float8 as progress`);

  const byTeam = () =>
    db.many<TeamProgress>(sql`
      select t.id as "teamId", t.name as "teamName", coalesce(avg(p.progress), 0)::float8 as progress
      from teams t
      left join objectives o on o.team_id = t.id and o.status = 'active'
      left join key_result_progress p on p.objective_id = o.id
      group by t.id, t.name order by t.name`);

  /** Where the active objectives stood at the end of each week: the last value reported until then, or the start. */
  const trend = () =>
    db.many<TrendPoint>(sql`
      with week as (
        select generate_series(
          date_trunc('week', now() at time zone 'utc') - ${weeks - 1}::int * interval '1 week',
          date_trunc('week', now() at time zone 'utc'),
          interval '1 week'
        ) as starts
      ), reached as (
        select
          w.starts, k.objective_id,
          least(1, greatest(0, (coalesce(c.value, k.start_value) - k.start_value) / (k.target_value - k.start_value))) as progress
        from week w
        cross join key_results k
        join objectives o on o.id = k.objective_id and o.status = 'active'
        left join lateral (
          select value from check_ins
          where key_result_id = k.id and created_at < (w.starts + interval '1 week') at time zone 'utc'
          order by created_at desc, id limit 1
        ) c on true
      )
      select to_char(w.starts, 'YYYY-MM-DD') as week, coalesce(avg(each.progress), 0)::float8 as progress
      from week w
      left join (select starts, objective_id, avg(progress) as progress from reached group by 1, 2) each on each.starts = w.starts
      group by w.starts order by w.starts`);

  const dueSoon = async () => {
    const rows = await db.many<Parameters<typeof toSummary>[0]>(
      summaries(sql`where o.status = 'active' order by o.due_on, o.title, o.id limit 5`),
    );
    return rows.map(toSummary);
  };

  return {
    async read(): Promise<DashboardResponse> {
      const [counted, teams, points, due, recent] = await Promise.all([
        totals(),
        byTeam(),
        trend(),
        dueSoon(),
        checkIns.recent(8),
      ]);
      return { ...counted, byTeam: teams, trend: points, dueSoon: due, recentCheckIns: recent };
    },
  };
}

export type DashboardStore = ReturnType<typeof createDashboardStore>;
