import type { DashboardResponse } from '@seaworthy-example/kpi-api';
import { Card, ErrorState, PageHeader, Skeleton, useFormats } from '@seaworthy-example/ui';
import { lazy, Suspense } from 'react';
import { Link } from 'react-router';
import { useDashboard } from '../api/dashboard.js';
import { useUser } from '../session/session.js';
import { DueSoon } from './due-soon.js';
import { ProgressOverview } from './progress-overview.js';
import { RecentCheckIns } from './recent-check-ins.js';
import { TeamBars } from './team-bars.js';

/** The charting library is heavier than the rest of the page, which need not wait for it. */
const TrendChart = lazy(async () => ({ default: (await import('./trend-chart.js')).TrendChart }));

export function DashboardPage() {
  const user = useUser();
  const { date } = useFormats();
  const { data, error, refetch } = useDashboard();
  return (
    <>
      <PageHeader
        title={`Welcome back, ${user.name.split(' ')[0]}`}
        tabTitle="Dashboard"
        lead={`Where your objectives stand on ${date(new Date().toISOString())}.`}
      />
      {data !== undefined && <Overview data={data} />}
      {data === undefined && error !== null && <ErrorState error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <Skeleton rows={8} label="Loading the dashboard" />}
    </>
  );
}

function Overview({ data }: { readonly data: DashboardResponse }) {
  return (
    <div className="stack">
      <ProgressOverview data={data} />
      <div className="board">
        <Card title="Progress over 12 weeks">
          <Suspense fallback={<Skeleton rows={6} label="Loading the chart" />}>
            <TrendChart trend={data.trend} />
          </Suspense>
        </Card>
        <Card title="By team" action={<Link to="/teams">All teams</Link>}>
          <TeamBars teams={data.byTeam} />
        </Card>
        <Card title="Due soon" action={<Link to="/objectives">All objectives</Link>}>
          <DueSoon objectives={data.dueSoon} />
        </Card>
        <Card title="Recent check-ins">
          <RecentCheckIns checkIns={data.recentCheckIns} />
        </Card>
      </div>
    </div>
  );
}
