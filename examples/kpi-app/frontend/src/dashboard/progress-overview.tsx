import type { DashboardResponse } from '@seaworthy-example/kpi-api';
import { ProgressRing, Stat, StatRow, useFormats } from '@seaworthy-example/ui';

/** The one number, and the three that explain it. */
export function ProgressOverview({ data }: { readonly data: DashboardResponse }) {
  const { number } = useFormats();
  const before = data.trend.at(-5)?.progress;
  const change = before === undefined ? undefined : Math.round((data.progress - before) * 100);
  return (
    <section className="overview" aria-label="Overall progress">
      <div className="card overview-ring">
        <ProgressRing label="Progress of all active objectives" share={data.progress} />
        <div className="stack-small">
          <h2>Overall progress</h2>
          <p className="muted">The mean of all active objectives.</p>
          {change !== undefined && (
            <p className={change < 0 ? 'change change-down' : 'change'}>
              {change < 0 ? '▼' : '▲'} {number(Math.abs(change))} points in 4 weeks
            </p>
          )}
        </div>
      </div>
      <StatRow>
        <Stat
          label="Objectives"
          value={number(data.activeObjectives)}
          note={`active, in ${number(data.byTeam.length)} teams`}
        />
        <Stat label="Key results" value={number(data.keyResults)} note="measured" />
        <Stat label="Check-ins" value={number(data.checkInsThisWeek)} note="this week" />
      </StatRow>
    </section>
  );
}
