import { randomUUID } from 'node:crypto';
import { type Db, type QueryRunner, type Sql, sql } from '@seaworthy/db-pool';
import type { Client, ClientsResponse, UpdateClientRequest } from '@seaworthy-example/crm-api';
import { ApiError, type AuditTrail, containing, pageSize } from '@seaworthy-example/server';

export interface NewClient {
  readonly name: string;
  readonly email: string;
  readonly phone?: string | undefined;
  readonly taxId?: string | undefined;
  readonly city?: string | undefined;
  readonly country?: string | undefined;
  readonly currency: string;
}

export interface ClientStore {
  list(filter: { readonly search?: string | undefined; readonly page: number }): Promise<ClientsResponse>;
  get(id: string): Promise<Client>;
  add(actor: string, client: NewClient): Promise<Client>;
  change(
    actor: string,
    id: string,
    changes: { readonly [Name in keyof UpdateClientRequest]: UpdateClientRequest[Name] | undefined },
  ): Promise<Client>;
}

export function createClientStore(db: Db, trail: Pick<AuditTrail, 'changed'>): ClientStore {
  const clients = (rest: Sql) => sql`
    select
      c.id, c.name, c.email, c.phone, c.tax_id as taxId, c.city, c.country, c.currency, c.status,
      (select count(*) from invoices i where i.client_id = c.id) as invoiceCount,
      (
        select cast(coalesce(sum(i.total_minor - i.paid_minor), 0) as signed) from invoices i
        where i.client_id = c.id and i.status in ('sent', 'partial')
      ) as dueMinor
    from clients c ${rest}`;

  async function get(id: string): Promise<Client> {
    const client = await db.maybeOne<Client>(clients(sql`where c.id = ${id}`));
    if (client === undefined) throw new ApiError(404, 'CLIENT_NOT_FOUND', 'There is no such client.');
    return client;
  }

  /** What the audit trail shows of a client. */
  const row = (tx: QueryRunner, id: string) =>
    tx.maybeOne(sql`
      select name, email, phone, tax_id as taxId, city, country, currency, status from clients where id = ${id} for update`);

  return {
    async list({ search, page }) {
      const pattern = search === undefined || search === '' ? undefined : containing(search);
      const where =
        pattern === undefined ? sql`` : sql`where c.name like ${pattern} or c.email like ${pattern}`;
      const { total } = await db.one<{ total: number }>(
        sql`select count(*) as total from clients c ${where}`,
      );
      const rows = await db.many<Client>(
        clients(sql`${where} order by c.name, c.id limit ${pageSize} offset ${(page - 1) * pageSize}`),
      );
      return { clients: rows, page, pageSize, total };
    },

    get,

    async add(actor, { name, email, phone, taxId, city, country, currency }) {
      const id = randomUUID();
      const columns = { id, name, email, phone, tax_id: taxId, city, country, currency };
      await db.transaction(async (tx) => {
        await tx.exec(sql`insert into clients ${sql.row(columns)}`);
        const target = { type: 'client', id };
        await trail.changed(tx, { actor, action: 'client.add', target }, undefined, await row(tx, id));
      });
      return get(id);
    },

    async change(actor, id, { name, email, phone, taxId, city, country, currency, status }) {
      const changes = { name, email, phone, tax_id: taxId, city, country, currency, status };
      await db.transaction(async (tx) => {
        const before = await row(tx, id);
        if (before === undefined) return;
        if (Object.values(changes).some((value) => value !== undefined)) {
          await tx.exec(sql`update clients set ${sql.set(changes)} where id = ${id}`);
        }
        const target = { type: 'client', id };
        await trail.changed(tx, { actor, action: 'client.change', target }, before, await row(tx, id));
      });
      return get(id);
    },
  };
}
