import { type Db, sql } from '@seaworthy/db-pool';
import type { AgingAmount, AgingBucket, DashboardResponse } from '@seaworthy-example/crm-api';
import type { FastifyInstance } from 'fastify';
import { may } from '../auth/policy.js';
import { type InvoiceStore, today } from '../invoices/invoice-store.js';

/** The dashboard adds up one currency; others have pages of their own. */
const currency = 'EUR';

const buckets: readonly AgingBucket[] = ['current', '1-30', '31-60', '61-90', '90+'];

export function dashboardRoutes(app: FastifyInstance, db: Db, invoices: InvoiceStore): void {
  app.get('/dashboard', { preHandler: may('dashboard.read') }, async (): Promise<DashboardResponse> => {
    const day = today();
    const [totals, received, aging, months, dueInvoices] = await Promise.all([
      openTotals(db, day),
      receivedThisMonth(db, day),
      agingOf(db, day),
      monthsUntil(db, day),
      invoices.due(currency, 5),
    ]);
    return { currency, ...totals, receivedThisMonthMinor: received, months, dueInvoices, aging };
  });
}

function openTotals(db: Db, day: string) {
  return db.one<{ dueMinor: number; overdueMinor: number; openInvoices: number }>(sql`
    select
      cast(coalesce(sum(total_minor - paid_minor), 0) as signed) as dueMinor,
      cast(coalesce(sum(if(due_on < ${day}, total_minor - paid_minor, 0)), 0) as signed) as overdueMinor,
      count(*) as openInvoices
    from invoices where status in ('sent', 'partial') and currency = ${currency}`);
}

async function receivedThisMonth(db: Db, day: string): Promise<number> {
  const { received } = await db.one<{ received: number }>(sql`
    select cast(coalesce(sum(amount_minor), 0) as signed) as received from payments
    where currency = ${currency} and paid_on between ${`${day.slice(0, 7)}-01`} and ${day}`);
  return received;
}

async function agingOf(db: Db, day: string): Promise<readonly AgingAmount[]> {
  const rows = await db.many<AgingAmount>(sql`
    select bucket, cast(sum(due) as signed) as amountMinor from (
      select
        total_minor - paid_minor as due,
        case
          when due_on >= ${day} then 'current'
          when datediff(${day}, due_on) <= 30 then '1-30'
          when datediff(${day}, due_on) <= 60 then '31-60'
          when datediff(${day}, due_on) <= 90 then '61-90'
          else '90+'
        end as bucket
      from invoices where status in ('sent', 'partial') and currency = ${currency}
    ) open_invoices group by bucket`);
  return buckets.map((bucket) => rows.find((row) => row.bucket === bucket) ?? { bucket, amountMinor: 0 });
}

async function monthsUntil(db: Db, day: string): Promise<DashboardResponse['months']> {
  const months = lastMonths(day, 12);
  const since = `${months[0]}-01`;
  const [invoiced, received] = await Promise.all([
    db.many<{ month: string; amount: number }>(sql`
      select date_format(issued_on, '%Y-%m') as month, cast(sum(total_minor) as signed) as amount from invoices
      where status not in ('draft', 'void') and currency = ${currency} and issued_on >= ${since} group by month`),
    db.many<{ month: string; amount: number }>(sql`
      select date_format(paid_on, '%Y-%m') as month, cast(sum(amount_minor) as signed) as amount from payments
      where currency = ${currency} and paid_on >= ${since} group by month`),
  ]);
  const amountIn = (rows: readonly { month: string; amount: number }[], month: string): number =>
    rows.find((row) => row.month === month)?.amount ?? 0;
  return months.map((month) => ({
    month,
    invoicedMinor: amountIn(invoiced, month),
    receivedMinor: amountIn(received, month),
  }));
}

/** The months up to the one of `day`, oldest first. */
function lastMonths(day: string, count: number): readonly string[] {
  const [year = 0, month = 1] = day.split('-').map(Number);
  return Array.from({ length: count }, (_, at) =>
    new Date(Date.UTC(year, month - count + at, 1)).toISOString().slice(0, 7),
  );
}
