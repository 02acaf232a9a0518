import { randomUUID } from 'node:crypto';
import { type Db, type QueryRunner, type Sql, sql } from '@seaworthy/db-pool';
import type {
  CreateInvoiceRequest,
  Invoice,
  InvoiceLine,
  InvoiceStatus,
  InvoiceSummary,
  InvoicesResponse,
} from '@seaworthy-example/crm-api';
import { ApiError, type AuditTrail, containing, pageSize } from '@seaworthy-example/server';
import { paymentsOf } from '../payments/payment-rows.js';
import { amountsOf, totalsOf } from './money.js';

export interface InvoiceQuery {
  readonly status?: InvoiceStatus | undefined;
  readonly clientId?: string | undefined;
  readonly search?: string | undefined;
  readonly page: number;
}

export interface InvoiceStore {
  list(query: InvoiceQuery): Promise<InvoicesResponse>;
  ofClient(clientId: string): Promise<readonly InvoiceSummary[]>;
  /** The open ones of a currency that are due first. */
  due(currency: string, limit: number): Promise<readonly InvoiceSummary[]>;
  get(id: string): Promise<Invoice>;
  add(
    actor: string,
    invoice: Omit<CreateInvoiceRequest, 'notes'> & { readonly notes?: string | undefined },
  ): Promise<Invoice>;
  send(actor: string, id: string): Promise<Invoice>;
  void(actor: string, id: string): Promise<Invoice>;
}

/** UTC, as all dates of the application. */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

export function createInvoiceStore(db: Db, trail: Pick<AuditTrail, 'changed'>): InvoiceStore {
  const shownStatus = () =>
    sql`case when i.status in ('sent', 'partial') and i.due_on < ${today()} then 'overdue' else i.status end`;

  const invoices = (columns: Sql, rest: Sql) => sql`
    select
      i.id, i.number, i.client_id as clientId, c.name as clientName, ${shownStatus()} as status,
      i.issued_on as issuedOn, i.due_on as dueOn, i.currency, i.total_minor as totalMinor, i.paid_minor as paidMinor,
      if(i.status in ('sent', 'partial'), i.total_minor - i.paid_minor, 0) as dueMinor ${columns}
    from invoices i join clients c on c.id = i.client_id ${rest}`;

  async function get(id: string): Promise<Invoice> {
    const row = await db.maybeOne<Omit<Invoice, 'lines' | 'payments'>>(
      invoices(
        sql`, i.notes, i.subtotal_minor as subtotalMinor, i.tax_minor as taxMinor`,
        sql`where i.id = ${id}`,
      ),
    );
    if (row === undefined) throw new ApiError(404, 'INVOICE_NOT_FOUND', 'There is no such invoice.');
    const lines = await db.many<InvoiceLine>(sql`
      select
        id, description, quantity, unit_price_minor as unitPriceMinor, tax_rate_bp as taxRateBp,
        line_total_minor as lineTotalMinor, tax_minor as taxMinor
      from invoice_lines where invoice_id = ${id} order by position`);
    return { ...row, lines: lines.map(withPlainQuantity), payments: await paymentsOf(db, id) };
  }

  /** What the audit trail shows of an invoice. */
  const audited = (tx: QueryRunner, id: string) =>
    tx.maybeOne(sql`
      select number, client_id as clientId, status, due_on as dueOn, currency, total_minor as totalMinor, paid_minor as paidMinor
      from invoices where id = ${id} for update`);

  async function move(
    actor: string,
    id: string,
    from: readonly string[],
    to: 'sent' | 'void',
    refusal: string,
  ): Promise<Invoice> {
    const moved = await db.transaction(async (tx) => {
      const before = await audited(tx, id);
      const { rowCount } = await tx.exec(
        sql`update invoices set status = ${to} where id = ${id} and paid_minor = 0 and status in ${sql.list(from)}`,
      );
      if (rowCount === 0) return false;
      const action = to === 'sent' ? 'invoice.send' : 'invoice.void';
      const target = { type: 'invoice', id };
      await trail.changed(tx, { actor, action, target }, before, await audited(tx, id));
      return true;
    });
    const invoice = await get(id);
    if (!moved) throw new ApiError(409, 'INVOICE_STATE', refusal);
    return invoice;
  }

  return {
    async list({ status, clientId, search, page }) {
      const conditions = [
        ...(status === undefined ? [] : [sql`${shownStatus()} = ${status}`]),
        ...(clientId === undefined ? [] : [sql`i.client_id = ${clientId}`]),
        ...(search === undefined || search === ''
          ? []
          : [sql`(i.number like ${containing(search)} or c.name like ${containing(search)})`]),
      ];
      const where = conditions.length === 0 ? sql`` : sql`where ${sql.join(conditions, sql` and `)}`;
      const { total } = await db.one<{ total: number }>(
        sql`select count(*) as total from invoices i join clients c on c.id = i.client_id ${where}`,
      );
      const rows = await db.many<InvoiceSummary>(
        invoices(
          sql``,
          sql`${where} order by i.issued_on desc, i.number desc limit ${pageSize} offset ${(page - 1) * pageSize}`,
        ),
      );
      return { invoices: rows, page, pageSize, total };
    },

    ofClient: (clientId) =>
      db.many<InvoiceSummary>(
        invoices(
          sql``,
          sql`where i.client_id = ${clientId} order by i.issued_on desc, i.number desc limit 200`,
        ),
      ),

    due: (currency, limit) =>
      db.many<InvoiceSummary>(
        invoices(
          sql``,
          sql`where i.status in ('sent', 'partial') and i.currency = ${currency} order by i.due_on, i.number limit ${limit}`,
        ),
      ),

    get,

    async add(actor, { clientId, issuedOn, dueOn, notes, lines }) {
      const priced = lines.map((line) => ({ ...line, ...amountsOf(line) }));
      const { subtotalMinor, taxMinor, totalMinor } = totalsOf(priced);
      const id = randomUUID();
      await db.transaction(async (tx) => {
        const client = await tx.maybeOne<{ currency: string }>(
          sql`select currency from clients where id = ${clientId}`,
        );
        if (client === undefined) {
          throw new ApiError(422, 'CLIENT_NOT_FOUND', 'There is no such client.', [
            { path: 'clientId', message: 'Choose a client.' },
          ]);
        }
        const year = issuedOn.slice(0, 4);
        const sequence = `invoice-${year}`;
        // The row stays locked until the commit, so that two invoices never get one number and none is skipped.
        await tx.exec(sql`
          insert into number_sequences (name, last_value) values (${sequence}, 1)
          on duplicate key update last_value = last_value + 1`);
        const { value } = await tx.one<{ value: number }>(
          sql`select last_value as value from number_sequences where name = ${sequence}`,
        );
        const row = {
          id,
          number: `INV-${year}-${String(value).padStart(4, '0')}`,
          client_id: clientId,
          status: 'draft',
          issued_on: issuedOn,
          due_on: dueOn,
          currency: client.currency,
          notes: notes ?? null,
          subtotal_minor: subtotalMinor,
          tax_minor: taxMinor,
          total_minor: totalMinor,
        };
        await tx.exec(sql`insert into invoices ${sql.row(row)}`);
        const rows = priced.map((line, at) => ({
          id: randomUUID(),
          invoice_id: id,
          position: at + 1,
          description: line.description,
          quantity: line.quantity,
          unit_price_minor: line.unitPriceMinor,
          tax_rate_bp: line.taxRateBp,
          line_total_minor: line.lineTotalMinor,
          tax_minor: line.taxMinor,
        }));
        await tx.exec(sql`insert into invoice_lines ${sql.rows(rows)}`);
        const target = { type: 'invoice', id, lines: rows.length };
        await trail.changed(tx, { actor, action: 'invoice.add', target }, undefined, await audited(tx, id));
      });
      return get(id);
    },

    send: (actor, id) => move(actor, id, ['draft'], 'sent', 'Only a draft can be sent.'),

    void: (actor, id) =>
      move(actor, id, ['draft', 'sent'], 'void', 'Only an invoice without payments can be voided.'),
  };
}

/** The column has three places; people wrote `1.5`. */
function withPlainQuantity(line: InvoiceLine): InvoiceLine {
  return { ...line, quantity: line.quantity.replace(/\.?0+$/, '') };
}
