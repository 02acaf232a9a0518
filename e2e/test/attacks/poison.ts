import type { Page } from 'playwright-core';
import type { RunningApplication } from './running-applications.js';

/** Markup that was stored in a field. */
export interface Marked {
  readonly field: string;
  readonly text: string;
}

export interface Poisoned {
  /** Every text field of the API. */
  readonly fields: readonly string[];
  readonly pages: ReadonlyArray<{ readonly path: string; readonly shows: readonly Marked[] }>;
}

/** Markup that sets `window.p` where it is taken for markup, as long as the field lets it be, with the field's name where there is room. */
export function poison(field: string, max: number): Marked {
  const candidates = [
    `${field}<img src=x onerror=p=1><script>p=1</script>`,
    `${field}<img src=x onerror=p=1>`,
    '<svg onload=p=1>',
  ];
  return { field, text: candidates.find(({ length }) => length <= max) ?? '' };
}

/** Whether any of it was run. */
export function ran(page: Page): Promise<boolean> {
  return page.evaluate(() => Reflect.get(window, 'p') === 1);
}

type Ask = (method: string, path: string, body?: object, headers?: Record<string, string>) => Promise<Json>;
type Json = ReturnType<typeof JSON.parse>;

async function asking(application: RunningApplication, cookie: string): Promise<Ask> {
  return async (method, path, body, headers = {}) => {
    const answer = await fetch(application.url + path, {
      method,
      headers: { 'content-type': 'application/json', cookie, ...headers },
      ...(method === 'GET' ? {} : { body: JSON.stringify(body ?? {}) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status} ${text}`);
    return text === '' ? {} : JSON.parse(text);
  };
}

/** Stores it in every text field of the KPI API, and says where each is shown. */
export async function poisonKpi(kpi: RunningApplication): Promise<Poisoned> {
  const name = poison('name', 100);
  const team = poison('team', 80);
  const title = poison('title', 200);
  const description = poison('description', 5_000);
  const keyResult = poison('keyResult', 200);
  const unit = poison('unit', 20);
  const comment = poison('comment', 2_000);

  const admin = await asking(kpi, await kpi.logIn('admin'));
  const account = { email: 'poison@kpi.example', password: 'a long password', name: name.text };
  const { user } = await admin('POST', '/api/auth/register', account);
  await admin('PATCH', `/api/users/${user.id}`, { role: 'manager' });
  const manager = await asking(kpi, await kpi.logIn('poison', account.password));
  const { id: teamId } = (await manager('POST', '/api/teams', { name: team.text })).team;
  await manager('POST', `/api/teams/${teamId}/members`, { email: account.email, role: 'lead' });
  const objective = { teamId, title: title.text, description: description.text, dueOn: '2026-12-31' };
  const { id } = (await manager('POST', '/api/objectives', objective)).objective;
  const measured = { title: keyResult.text, unit: unit.text, startValue: 0, targetValue: 10 };
  const { keyResult: made } = await manager('POST', `/api/objectives/${id}/key-results`, measured);
  const checkIn = { value: 4, confidence: 5, comment: comment.text };
  await manager('POST', `/api/key-results/${made.id}/check-ins`, checkIn);

  const fields = [name, team, title, description, keyResult, unit, comment];
  return {
    fields: fields.map(({ field }) => field),
    pages: [
      { path: '/', shows: [keyResult, comment] },
      { path: `/objectives?search=${encodeURIComponent(title.text)}`, shows: [title, team] },
      { path: `/objectives/${id}`, shows: [title, description, keyResult, unit, comment] },
      { path: '/teams', shows: [team] },
      { path: `/teams/${teamId}`, shows: [team, name, title] },
      { path: '/users?search=poison', shows: [name] },
    ],
  };
}

/** Stores it in every text field of the CRM, and says where each is shown. */
export async function poisonCrm(crm: RunningApplication): Promise<Poisoned> {
  const name = poison('name', 160);
  const phone = poison('phone', 40);
  const taxId = poison('taxId', 40);
  const city = poison('city', 80);
  const country = poison('country', 80);
  const notes = poison('notes', 2_000);
  const description = poison('description', 300);
  const reference = poison('reference', 120);
  const user = poison('user', 100);

  const admin = await asking(crm, await crm.logIn('admin'));
  await admin('POST', '/api/users', { email: 'poison@crm.example', name: user.text, role: 'sales' });
  const { id: clientId } = (
    await admin('POST', '/api/clients', {
      name: name.text,
      email: 'poison@harbour.example',
      phone: phone.text,
      taxId: taxId.text,
      city: city.text,
      country: country.text,
      currency: 'EUR',
    })
  ).client;
  const lines = [{ description: description.text, quantity: '1', unitPriceMinor: 5_000, taxRateBp: 0 }];
  const dates = { issuedOn: '2026-11-01', dueOn: '2026-12-01' };
  const draft = { clientId, ...dates, notes: notes.text, lines };
  const { id } = (await admin('POST', '/api/invoices', draft)).invoice;
  await admin('POST', `/api/invoices/${id}/send`);
  const payment = { amountMinor: 1_000, method: 'bank', paidOn: '2026-11-03', reference: reference.text };
  await admin('POST', `/api/invoices/${id}/payments`, payment, { 'idempotency-key': `poison-${id}` });

  const fields = [name, phone, taxId, city, country, notes, description, reference, user];
  const found = encodeURIComponent('name<img');
  return {
    fields: fields.map(({ field }) => field),
    pages: [
      { path: `/clients?search=${found}`, shows: [name] },
      { path: `/clients/${clientId}`, shows: [name, phone, taxId, city, country] },
      { path: `/invoices?search=${found}`, shows: [name] },
      { path: `/invoices/${id}`, shows: [name, notes, description, reference] },
      { path: '/users?search=poison', shows: [user] },
    ],
  };
}
