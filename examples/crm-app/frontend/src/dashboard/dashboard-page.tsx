import type { DashboardResponse } from '@seaworthy-example/crm-api';
import { Card, ErrorState, PageHeader, Skeleton, Stat, StatRow, useFormats } from '@seaworthy-example/ui';
import { lazy, Suspense } from 'react';
import { Link } from 'react-router';
import { useDashboard } from '../api/dashboard.js';
import { InvoiceTable } from '../invoices/invoice-table.js';
import { AgingBars } from './aging-bars.js';

/** The charting library is heavier than the rest of the page, which need not wait for it. */
const MonthsChart = lazy(async () => ({ default: (await import('./months-chart.js')).MonthsChart }));

export function DashboardPage() {
  const { date } = useFormats();
  const { data, error, refetch } = useDashboard();
  return (
    <>
      <PageHeader title="Dashboard" lead={`The books on ${date(new Date().toISOString())}.`} />
      {data !== undefined && <Overview data={data} />}
      {data === undefined && error !== null && <ErrorState error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <Skeleton rows={8} label="Loading the dashboard" />}
    </>
  );
}

function Overview({ data }: { readonly data: DashboardResponse }) {
  const { money, number, percent } = useFormats();
  const { currency, dueMinor, overdueMinor, receivedThisMonthMinor, openInvoices } = data;
  const late = dueMinor === 0 ? 'nothing is due' : `${percent(overdueMinor / dueMinor)} of what is due`;
  return (
    <div className="stack">
      <StatRow>
        <Stat
          label="Amount due"
          value={money(dueMinor, currency)}
          note={`${number(openInvoices)} open invoices`}
        />
        <Stat
          label="Overdue"
          value={money(overdueMinor, currency)}
          note={late}
          tone={overdueMinor > 0 ? 'bad' : 'neutral'}
        />
        <Stat
          label="Received this month"
          value={money(receivedThisMonthMinor, currency)}
          note="payments on record"
          tone="good"
        />
      </StatRow>
      <div className="board">
        <Card title="Invoiced and received, 12 months">
          <Suspense fallback={<Skeleton rows={6} label="Loading the chart" />}>
            <MonthsChart months={data.months} currency={currency} />
          </Suspense>
        </Card>
        <Card title="How late is it?">
          <AgingBars aging={data.aging} currency={currency} />
        </Card>
      </div>
      <section className="stack-small" aria-labelledby="due-first">
        <div className="section-header">
          <h2 id="due-first">Due first</h2>
          <Link to="/invoices">All invoices</Link>
        </div>
        <div className="table-card">
          <InvoiceTable
            caption="Invoices that are due first"
            invoices={data.dueInvoices}
            empty={{ title: 'Nothing is due', text: 'Every invoice that was sent is paid.' }}
          />
        </div>
      </section>
    </div>
  );
}
