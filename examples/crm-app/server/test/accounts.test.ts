import { createTestDatabase, describeWith, type TestDatabase } from '@seaworthy/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { logIn, newSession, startCrm } from './crm-client.js';

describeWith(['mysql'], 'the accounts of the CRM', () => {
  let database: TestDatabase;
  let service: Awaited<ReturnType<typeof startCrm>>;
  let url: string;

  beforeAll(async () => {
    database = await createTestDatabase('mysql');
    service = await startCrm(database.url);
    url = service.url ?? '';
  });
  afterAll(async () => {
    await service.close();
    await database.drop();
  });

  it('are made by an administrator, with a first password that is shown once', async () => {
    const admin = await logIn(url, 'admin');
    const given = { name: 'Ada Quist', email: 'Ada@crm.example', role: 'sales' };
    const made = await admin.post('/api/users', given);
    expect(made.status).toBe(201);
    expect(made.headers.get('cache-control')).toBe('no-store');
    expect(made.body.user).toMatchObject({ email: 'ada@crm.example', role: 'sales', active: true });
    expect(made.body.password).toMatch(/^[\w-]{16}$/);
    const ada = await newSession(url, 'ada@crm.example', made.body.password);
    expect((await ada.get('/api/me')).body.user.name).toBe('Ada Quist');
    expect(JSON.stringify((await admin.get('/api/users')).body)).not.toContain(made.body.password);
    const again = await admin.post('/api/users', given);
    expect(again.body).toMatchObject({ status: 409, code: 'EMAIL_TAKEN', errors: [{ path: 'email' }] });
    const wrong = await admin.post('/api/users', { name: ' ', email: 'x', role: 'owner' });
    expect(wrong.body.errors.map(({ path }: { path: string }) => path)).toEqual(['name', 'email', 'role']);
  });

  it('get another role at once, in the sessions that they have', async () => {
    const admin = await logIn(url, 'admin');
    const viewer = await newSession(url, 'viewer@crm.example');
    const { id } = (await viewer.get('/api/me')).body.user;
    const client = { name: 'Late Harbour', email: 'a@late.example', currency: 'EUR' };
    expect((await viewer.post('/api/clients', client)).status).toBe(403);
    const raised = await admin.patch(`/api/users/${id}`, { role: 'sales' });
    expect(raised.body.user).toMatchObject({ id, role: 'sales' });
    expect((await viewer.post('/api/clients', client)).status).toBe(201);
    await admin.patch(`/api/users/${id}`, { role: 'viewer' });
    expect((await viewer.post('/api/clients', client)).status).toBe(403);
  });

  it('are out of every session when they are deactivated, and have to log in when they are active again', async () => {
    const admin = await logIn(url, 'admin');
    const [first, second] = [
      await newSession(url, 'viewer@crm.example'),
      await newSession(url, 'viewer@crm.example'),
    ];
    const { id } = (await first.get('/api/me')).body.user;
    expect((await admin.patch(`/api/users/${id}`, { active: false })).body.user.active).toBe(false);
    const statuses = async () => [
      (await first.get('/api/me')).status,
      (await second.get('/api/clients')).status,
    ];
    expect(await statuses()).toEqual([401, 401]);
    await expect(newSession(url, 'viewer@crm.example')).rejects.toThrow('403 ACCOUNT_DEACTIVATED');
    await expect(newSession(url, 'viewer@crm.example', 'wrong')).rejects.toThrow('401 INVALID_CREDENTIALS');
    await admin.patch(`/api/users/${id}`, { active: true });
    expect(await statuses()).toEqual([401, 401]);
    expect((await (await newSession(url, 'viewer@crm.example')).get('/api/me')).status).toBe(200);
  });

  it('keep their last administrator', async () => {
    const admin = await logIn(url, 'admin');
    const { id } = (await admin.get('/api/me')).body.user;
    for (const changes of [{ role: 'viewer' }, { active: false }]) {
      expect((await admin.patch(`/api/users/${id}`, changes)).body.code).toBe('LAST_ADMIN');
    }
  });

  it('are listed and changed by administrators only', async () => {
    const admin = await logIn(url, 'admin');
    const found = (await admin.get('/api/users?search=SOLBERG')).body;
    expect(found).toMatchObject({
      page: 1,
      total: 1,
      users: [{ name: 'Henrik Solberg', role: 'accountant' }],
    });
    const accountant = await logIn(url, 'accountant');
    const newcomer = { name: 'Eve', email: 'eve@crm.example', role: 'admin' };
    const refused = [
      await accountant.get('/api/users'),
      await accountant.post('/api/users', newcomer),
      await accountant.patch(`/api/users/${found.users[0].id}`, { role: 'admin' }),
    ];
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403]);
    expect((await fetch(`${url}/api/users`)).status).toBe(401);
  });
});
