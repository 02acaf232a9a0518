import { randomUUID } from 'node:crypto';
import { createTestDatabase, describeWith, freePort, type TestDatabase } from '@seaworthy/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { crmServer } from '../src/service.js';
import { logIn as logInAt, newSession, type Person, startCrm } from './crm-client.js';

describeWith(['mysql'], 'the CRM API', () => {
  let database: TestDatabase;
  let service: Awaited<ReturnType<typeof startCrm>>;

  beforeAll(async () => {
    database = await createTestDatabase('mysql');
    service = await startCrm(database.url);
  });
  afterAll(async () => {
    await service.close();
    await database.drop();
  });

  const logIn = (name: string) => logInAt(service.url ?? '', name);

  async function sentInvoice(
    person: Person,
    unitPriceMinor = 12_345,
  ): Promise<{ id: string; totalMinor: number; number: string }> {
    const { clients } = (await person.get('/api/clients')).body;
    const created = await person.post('/api/invoices', {
      clientId: clients[0].id,
      issuedOn: '2026-11-01',
      dueOn: '2026-12-01',
      lines: [
        { description: 'Work', quantity: '2.5', unitPriceMinor, taxRateBp: 2_000 },
        { description: 'Travel', quantity: '1', unitPriceMinor: 999, taxRateBp: 0 },
      ],
    });
    expect(created.status).toBe(201);
    const sent = await person.post(`/api/invoices/${created.body.invoice.id}/send`);
    expect(sent.body.invoice.status).toBe('sent');
    return sent.body.invoice;
  }

  const pay = (person: Person, id: string, amountMinor: number, key: string = randomUUID()) =>
    person.post(
      `/api/invoices/${id}/payments`,
      { amountMinor, method: 'bank', paidOn: '2026-11-15' },
      { 'idempotency-key': key },
    );

  it('ends a session at logout', async () => {
    const person = await newSession(service.url ?? '', 'admin@crm.example');
    expect((await person.get('/api/me')).body.user.role).toBe('admin');
    expect((await person.post('/api/auth/logout')).status).toBe(204);
    expect((await person.get('/api/me')).status).toBe(401);
  });

  it('writes an invoice, takes payments and ends with a balance of zero', async () => {
    const accountant = await logIn('accountant');
    const { id, totalMinor, number } = await sentInvoice(accountant);
    expect(number).toMatch(/^INV-2026-\d{4}$/);
    expect(totalMinor).toBe(30_863 + 6_173 + 999); // 2.5 x 123.45 rounds up; 20 % of that; travel
    const first = await pay(accountant, id, 10_000);
    expect(first.status).toBe(201);
    expect(first.body.invoice).toMatchObject({
      status: 'partial',
      paidMinor: 10_000,
      dueMinor: totalMinor - 10_000,
    });
    expect((await pay(accountant, id, totalMinor)).body.code).toBe('OVERPAYMENT');
    const last = await pay(accountant, id, totalMinor - 10_000);
    expect(last.body.invoice).toMatchObject({ status: 'paid', dueMinor: 0 });
    expect((await pay(accountant, id, 1)).body.code).toBe('INVOICE_STATE');
  });

  it('pays once for one Idempotency-Key, however often and however parallel the request comes', async () => {
    const accountant = await logIn('accountant');
    const { id } = await sentInvoice(accountant);
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 8 }, () => pay(accountant, id, 5_000, key)));
    expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(201));
    expect(new Set(answers.map(({ body }) => body.payment.id)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === 'true')).toHaveLength(7);
    const { invoice } = (await accountant.get(`/api/invoices/${id}`)).body;
    expect(invoice).toMatchObject({ paidMinor: 5_000 });
    expect(invoice.payments).toHaveLength(1);
    expect((await pay(accountant, id, 5_001, key)).body.code).toBe('IDEMPOTENCY_MISMATCH');
    const withoutKey = await accountant.post(`/api/invoices/${id}/payments`, {
      amountMinor: 1,
      method: 'bank',
      paidOn: '2026-11-15',
    });
    expect(withoutKey.body.code).toBe('IDEMPOTENCY_KEY_REQUIRED');
  });

  it('never takes more than what is due from parallel payments', async () => {
    const accountant = await logIn('accountant');
    const { id, totalMinor } = await sentInvoice(accountant);
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => pay(accountant, id, Math.ceil(totalMinor / 3))),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(2);
    expect(answers.filter(({ body }) => body.code === 'OVERPAYMENT')).toHaveLength(4);
  });

  it('gives parallel invoices numbers without a gap and without a twin', async () => {
    const sales = await logIn('sales');
    const numbers = (await Promise.all(Array.from({ length: 6 }, () => sentInvoice(sales))))
      .map(({ number }) => Number(number.slice(-4)))
      .sort((a, b) => a - b);
    expect(numbers).toEqual(Array.from({ length: 6 }, (_, at) => (numbers[0] ?? 0) + at));
  });

  it('lets each role do what it may and no more', async () => {
    const [viewer, sales, accountant] = [
      await logIn('viewer'),
      await logIn('sales'),
      await logIn('accountant'),
    ];
    const client = { name: 'New Client', email: 'new@client.example', currency: 'EUR' };
    expect((await viewer.post('/api/clients', client)).status).toBe(403);
    const created = await sales.post('/api/clients', client);
    expect(created.status).toBe(201);
    expect(created.body.client).toMatchObject({ ...client, phone: null, invoiceCount: 0, dueMinor: 0 });
    const { id } = await sentInvoice(sales);
    expect((await pay(sales, id, 1)).status).toBe(403);
    expect((await sales.post(`/api/invoices/${id}/void`)).status).toBe(403);
    expect((await accountant.post(`/api/invoices/${id}/void`)).body.invoice.status).toBe('void');
    expect((await viewer.get(`/api/invoices/${id}`)).status).toBe(200);
    const changed = await sales.patch(`/api/clients/${created.body.client.id}`, { city: 'Mombasa' });
    expect(changed.body.client.city).toBe('Mombasa');
  });

  it('keeps the sums of every seeded invoice', async () => {
    const viewer = await logIn('viewer');
    let page = 1;
    let seen = 0;
    for (let total = 1; seen < Math.min(total, 60); page += 1) {
      const list = (await viewer.get(`/api/invoices?page=${page}`)).body;
      total = list.total;
      for (const { id } of list.invoices) {
        const { invoice } = (await viewer.get(`/api/invoices/${id}`)).body;
        const sum = (items: readonly Record<string, number>[], name: string) =>
          items.reduce((all, item) => all + (item[name] ?? 0), 0);
        expect(sum(invoice.lines, 'lineTotalMinor') + sum(invoice.lines, 'taxMinor')).toBe(
          invoice.totalMinor,
        );
        expect(sum(invoice.payments, 'amountMinor')).toBe(invoice.paidMinor);
        seen += 1;
      }
    }
    expect(seen).toBeGreaterThanOrEqual(60);
  });

  it('adds the dashboard up from the invoices', async () => {
    const viewer = await logIn('viewer');
    const { body } = await viewer.get('/api/dashboard');
    expect(body.months).toHaveLength(12);
    expect(body.aging.map(({ bucket }: { bucket: string }) => bucket)).toEqual([
      'current',
      '1-30',
      '31-60',
      '61-90',
      '90+',
    ]);
    expect(
      body.aging.reduce((sum: number, { amountMinor }: { amountMinor: number }) => sum + amountMinor, 0),
    ).toBe(body.dueMinor);
    const overdue = body.aging
      .slice(1)
      .reduce((sum: number, { amountMinor }: { amountMinor: number }) => sum + amountMinor, 0);
    expect(overdue).toBe(body.overdueMinor);
    expect(body.dueInvoices).toHaveLength(5);
  });

  it('names every field that is wrong', async () => {
    const sales = await logIn('sales');
    const answer = await sales.post('/api/invoices', {
      clientId: 'x',
      issuedOn: '2026-02-30',
      dueOn: '2026-03-01',
      lines: [{ description: '', quantity: '1.2345', unitPriceMinor: 1.5, taxRateBp: -1 }],
    });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body.errors.map(({ path }: { path: string }) => path)).toEqual([
      'clientId',
      'issuedOn',
      'lines.0.description',
      'lines.0.quantity',
      'lines.0.unitPriceMinor',
      'lines.0.taxRateBp',
    ]);
    expect((await sales.get("/api/clients?search=' or 1=1 --")).body.total).toBe(0);
    expect((await sales.get('/api/clients?search=%25')).body.total).toBe(0);
  });

  it('answers 400 to what the database cannot hold', async () => {
    const admin = await logIn('admin');
    expect((await admin.get('/api/clients?search=%00')).status).toBe(400);
    const client = { name: 'N\u0000l', email: 'nul@crm.example', currency: 'EUR' };
    expect((await admin.post('/api/clients', client)).body).toMatchObject({
      status: 400,
      errors: [{ path: 'name' }],
    });
    const clientId = randomUUID();
    const lines = [{ description: 'x', quantity: '1', unitPriceMinor: 1, taxRateBp: 0 }];
    const answer = await admin.post('/api/invoices', {
      clientId,
      issuedOn: '0000-01-01',
      dueOn: '2200-01-01',
      lines,
    });
    expect(answer.body).toMatchObject({ status: 400, errors: [{ path: 'issuedOn' }, { path: 'dueOn' }] });
  });

  it('refuses the eleventh attempt at a login, whatever was wrong with the others, and believes a trusted proxy only about whose it is', async () => {
    const variables = {
      NODE_ENV: 'test',
      DATABASE_URL: database.url,
      RATE_LIMIT_PER_MINUTE: '100000',
      LOG_LEVEL: 'error',
    };
    for (const [proxies, another] of [
      ['', 429],
      ['127.0.0.0/8', 401],
    ] as const) {
      const env = {
        ...variables,
        PORT: String(await freePort()),
        ...(proxies === '' ? {} : { TRUSTED_PROXIES: proxies }),
      };
      const limited = await crmServer({ sources: { env }, signals: false }).start();
      try {
        const guess = async (forwardedFor: string, password = 'wrong'): Promise<number> => {
          const answer = await fetch(`${limited.url}/api/auth/login`, {
            method: 'POST',
            headers: { 'content-type': 'application/json', 'x-forwarded-for': forwardedFor },
            body: JSON.stringify({ email: 'admin@crm.example', password }),
          });
          return answer.status;
        };
        expect(await guess('203.0.113.1')).toBe(401);
        // Refused before a password is hashed, which costs what it is meant to cost.
        for (let attempt = 2; attempt <= 10; attempt += 1) expect(await guess('203.0.113.1', '')).toBe(400);
        expect(await guess('203.0.113.1')).toBe(429);
        expect(await guess('203.0.113.2')).toBe(another);
      } finally {
        await limited.close();
      }
    }
  });

  it('says how it is, in the flat form, to anyone', async () => {
    const answer = await fetch(`${service.url}/health`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ database: 'connected', cache: 'connected' });
  });

  it('tells its metrics to whom the key belongs, and to nobody else', async () => {
    const key = service.context.config.BUILT_IN_FORGE_API_KEY.reveal();
    expect((await fetch(`${service.url}/metrics`)).status).toBe(403);
    const answer = await fetch(`${service.url}/metrics`, { headers: { authorization: `Bearer ${key}` } });
    expect(answer.status).toBe(200);
    const scrape = await answer.text();
    expect(scrape).toMatch(
      /http_server_request_duration_seconds_count\{.*http_route="\/api\/auth\/login".*\} \d+/,
    );
    expect(scrape).toMatch(/db_client_connection_count\{.*\} \d+/);
    expect(scrape).not.toContain(key);
  });
});
