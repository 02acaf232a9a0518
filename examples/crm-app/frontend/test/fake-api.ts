import type {
  AgingBucket,
  Client,
  Invoice,
  InvoiceSummary,
  Payment,
  PaymentMethod,
} from '@seaworthy-example/crm-api';
import {
  type FakeAnswer,
  type FakeRequest,
  type FakeRoutes,
  fakeAccounts,
  problem,
} from '@seaworthy-example/ui/testing';
import { createClients, createInvoices, day, invoiceLine, total, users } from './fixtures.js';

const pageSize = 10;

/** The CRM's API in memory, for development without a server and for the browser tests. */
export function createFakeApi(as?: string): FakeRoutes {
  const accounts = fakeAccounts(users, as);
  const clients = createClients();
  const invoices = createInvoices(clients);
  const answered = new Map<string, { body: string; answer: FakeAnswer }>();

  const invoiceOf = (id: string | undefined) => invoices.find((invoice) => invoice.id === id);
  const own = (client: Client) => invoices.filter(({ clientId }) => clientId === client.id);
  const clientView = (client: Client): Client => ({
    ...client,
    invoiceCount: own(client).length,
    dueMinor: own(client).reduce((sum, { dueMinor }) => sum + dueMinor, 0),
  });
  const replace = (next: Invoice): FakeAnswer => {
    invoices[invoices.findIndex(({ id }) => id === next.id)] = next;
    return { status: 200, body: { invoice: view(next) } };
  };

  function pay(request: FakeRequest): FakeAnswer {
    const key = request.headers['idempotency-key'];
    if (typeof key !== 'string') return problem(400, 'IDEMPOTENCY_KEY_REQUIRED', 'Send an Idempotency-Key.');
    const body = JSON.stringify(request.body);
    const before = answered.get(key);
    if (before !== undefined) {
      return before.body === body
        ? { ...before.answer, headers: { 'idempotent-replayed': 'true' } }
        : problem(409, 'IDEMPOTENCY_MISMATCH', 'The key belongs to another payment.');
    }
    const invoice = invoiceOf(request.params.id);
    const amountMinor = Number(request.body.amountMinor);
    if (invoice === undefined) return problem(404, 'NOT_FOUND', 'There is no such invoice.');
    if (amountMinor > invoice.dueMinor) return problem(422, 'OVERPAYMENT', 'This is more than is still due.');
    const payment: Payment = {
      id: `${invoice.id}p${invoice.payments.length + 1}`,
      invoiceId: invoice.id,
      amountMinor,
      currency: invoice.currency,
      method: request.body.method as PaymentMethod,
      paidOn: String(request.body.paidOn),
      reference: typeof request.body.reference === 'string' ? request.body.reference : null,
      createdAt: new Date().toISOString(),
    };
    const paidMinor = invoice.paidMinor + amountMinor;
    const dueMinor = invoice.totalMinor - paidMinor;
    const status = dueMinor === 0 ? 'paid' : 'partial';
    const next: Invoice = {
      ...invoice,
      paidMinor,
      dueMinor,
      status,
      payments: [...invoice.payments, payment],
    };
    replace(next);
    const answer = { status: 201, body: { payment, invoice: view(next) } };
    answered.set(key, { body, answer });
    return answer;
  }

  const routes: FakeRoutes = {
    ...accounts.routes,
    'GET /clients': ({ query }) => {
      const found = clients.filter(({ name, email }) => holds(`${name} ${email}`, query.get('search')));
      return { status: 200, body: { clients: page(found, query).map(clientView), ...paging(found, query) } };
    },
    'POST /clients': ({ body }) => {
      const text = (name: string) => (typeof body[name] === 'string' ? body[name] : null);
      const client: Client = {
        id: `c${clients.length + 1}`,
        name: String(body.name),
        email: String(body.email),
        phone: text('phone'),
        taxId: text('taxId'),
        city: text('city'),
        country: text('country'),
        currency: String(body.currency),
        status: 'active',
        invoiceCount: 0,
        dueMinor: 0,
      };
      clients.push(client);
      return { status: 201, body: { client } };
    },
    'GET /clients/:id': ({ params }) => {
      const client = clients.find(({ id }) => id === params.id);
      if (client === undefined) return problem(404, 'NOT_FOUND', 'There is no such client.');
      return { status: 200, body: { client: clientView(client), invoices: own(client).map(view) } };
    },
    'PATCH /clients/:id': ({ params, body }) => {
      const index = clients.findIndex(({ id }) => id === params.id);
      const client = clients[index];
      if (client === undefined) return problem(404, 'NOT_FOUND', 'There is no such client.');
      clients[index] = { ...client, ...body };
      return { status: 200, body: { client: clients[index] } };
    },
    'GET /invoices': ({ query }) => {
      const found = invoices
        .map(view)
        .filter(({ status }) => (query.get('status') ?? status) === status)
        .filter(({ number, clientName }) => holds(`${number} ${clientName}`, query.get('search')))
        .toReversed();
      return { status: 200, body: { invoices: page(found, query), ...paging(found, query) } };
    },
    'POST /invoices': ({ body }) => {
      const client = clients.find(({ id }) => id === body.clientId);
      const id = `i${invoices.length + 1}`;
      const given = body.lines as Parameters<typeof invoiceLine>[1][];
      const lines = given.map((line, index) => invoiceLine(`${id}l${index + 1}`, line));
      const invoice: Invoice = {
        id,
        number: `2026-${String(invoices.length + 101).padStart(4, '0')}`,
        clientId: client?.id ?? '',
        clientName: client?.name ?? '',
        status: 'draft',
        issuedOn: String(body.issuedOn),
        dueOn: String(body.dueOn),
        currency: client?.currency ?? 'EUR',
        ...total(lines),
        paidMinor: 0,
        dueMinor: 0,
        notes: typeof body.notes === 'string' ? body.notes : null,
        lines,
        payments: [],
      };
      invoices.push(invoice);
      return { status: 201, body: { invoice } };
    },
    'GET /invoices/:id': ({ params }) => {
      const invoice = invoiceOf(params.id);
      return invoice === undefined
        ? problem(404, 'NOT_FOUND', 'There is no such invoice.')
        : { status: 200, body: { invoice: view(invoice) } };
    },
    'POST /invoices/:id/send': ({ params }) => {
      const invoice = invoiceOf(params.id);
      return invoice === undefined
        ? problem(404, 'NOT_FOUND', 'There is no such invoice.')
        : replace({ ...invoice, status: 'sent', dueMinor: invoice.totalMinor });
    },
    'POST /invoices/:id/void': ({ params }) => {
      const invoice = invoiceOf(params.id);
      return invoice === undefined
        ? problem(404, 'NOT_FOUND', 'There is no such invoice.')
        : replace({ ...invoice, status: 'void', dueMinor: 0 });
    },
    'POST /invoices/:id/payments': pay,
    'GET /dashboard': () => ({ status: 200, body: dashboard(invoices.map(view)) }),
  };

  return accounts.guarded(routes);
}

function view(invoice: Invoice): Invoice {
  const late = (invoice.status === 'sent' || invoice.status === 'partial') && invoice.dueOn < day(0);
  return late ? { ...invoice, status: 'overdue' } : invoice;
}

function holds(text: string, search: string | null): boolean {
  return text.toLowerCase().includes((search ?? '').toLowerCase());
}

function paging(rows: readonly unknown[], query: URLSearchParams) {
  return { page: Number(query.get('page') ?? 1), pageSize, total: rows.length };
}

function page<Row>(rows: readonly Row[], query: URLSearchParams): Row[] {
  const from = (Number(query.get('page') ?? 1) - 1) * pageSize;
  return rows.slice(from, from + pageSize);
}

const ages: readonly (readonly [AgingBucket, number])[] = [
  ['current', 0],
  ['1-30', 30],
  ['31-60', 60],
  ['61-90', 90],
  ['90+', Number.POSITIVE_INFINITY],
];

function bucketOf({ dueOn }: InvoiceSummary): AgingBucket {
  const late = (Date.parse(day(0)) - Date.parse(dueOn)) / 86_400_000;
  return ages.find(([, limit]) => late <= limit)?.[0] ?? 'current';
}

function dashboard(all: readonly Invoice[]) {
  const invoices = all.filter(({ currency }) => currency === 'EUR');
  const sum = (list: readonly InvoiceSummary[]) => list.reduce((due, { dueMinor }) => due + dueMinor, 0);
  const open = invoices.filter(({ dueMinor }) => dueMinor > 0);
  const payments = invoices.flatMap((invoice) => invoice.payments);
  const received = (month: string) =>
    payments
      .filter(({ paidOn }) => paidOn.startsWith(month))
      .reduce((all, { amountMinor }) => all + amountMinor, 0);
  const now = new Date();
  const months = Array.from({ length: 12 }, (_, index) =>
    new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 11 + index, 1)).toISOString().slice(0, 7),
  );
  return {
    currency: 'EUR',
    dueMinor: sum(open),
    overdueMinor: sum(open.filter(({ status }) => status === 'overdue')),
    receivedThisMonthMinor: received(months.at(-1) ?? ''),
    openInvoices: open.length,
    months: months.map((month) => ({
      month,
      invoicedMinor: invoices
        .filter(({ issuedOn }) => issuedOn.startsWith(month))
        .reduce((all, { totalMinor }) => all + totalMinor, 0),
      receivedMinor: received(month),
    })),
    dueInvoices: open.toSorted((a, b) => a.dueOn.localeCompare(b.dueOn)).slice(0, 5),
    aging: ages.map(([bucket]) => ({
      bucket,
      amountMinor: sum(open.filter((invoice) => bucketOf(invoice) === bucket)),
    })),
  };
}
