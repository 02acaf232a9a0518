import { type QueryRunner, type Sql, sql } from '@seaworthy/db-pool';
import type { Payment } from '@seaworthy-example/crm-api';

type PaymentRow = Omit<Payment, 'createdAt'> & { readonly createdAt: Date };

const columns = (rest: Sql) => sql`
  select
    id, invoice_id as invoiceId, amount_minor as amountMinor, currency, method, paid_on as paidOn, reference, created_at as createdAt
  from payments ${rest}`;

/** The payments of an invoice, newest first. */
export async function paymentsOf(db: QueryRunner, invoiceId: string): Promise<readonly Payment[]> {
  const rows = await db.many<PaymentRow>(
    columns(sql`where invoice_id = ${invoiceId} order by paid_on desc, created_at desc, id`),
  );
  return rows.map(dated);
}

export async function paymentById(db: QueryRunner, id: string): Promise<Payment> {
  return dated(await db.one<PaymentRow>(columns(sql`where id = ${id}`)));
}

function dated(row: PaymentRow): Payment {
  return { ...row, createdAt: row.createdAt.toISOString() };
}
