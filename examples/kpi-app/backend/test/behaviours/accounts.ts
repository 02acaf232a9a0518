import { expect, it } from 'vitest';
import type { KpiClient } from '../kpi-client.js';

const password = 'a long password';

/** What administrators do with accounts, and what becomes of those at once. */
export function accounts(person: () => KpiClient): void {
  async function register(name: string) {
    const client = person();
    const account = { email: `${name}@kpi.example`, password, name };
    const { body } = await client.post('/api/auth/register', account);
    return { client, account, id: String(body.user.id) };
  }

  it('raises a registered viewer and lowers them again, at once and in the sessions that they have', async () => {
    const admin = await person().logIn('admin');
    const { client, id } = await register('riser');
    expect((await client.post('/api/teams', { name: 'Too early' })).status).toBe(403);
    const raised = await admin.send('PATCH', `/api/users/${id}`, { role: 'manager' });
    expect(raised.body.user).toMatchObject({ id, role: 'manager', active: true });
    expect((await client.get('/api/me')).body.user.role).toBe('manager');
    expect((await client.post('/api/teams', { name: 'Just in time' })).status).toBe(201);
    await admin.send('PATCH', `/api/users/${id}`, { role: 'viewer' });
    expect((await client.post('/api/teams', { name: 'Too late' })).status).toBe(403);
  });

  it('locks a deactivated account out of every session and token, for good, and lets it log in again later', async () => {
    const admin = await person().logIn('admin');
    const { client, account, id } = await register('locked');
    const { token } = (await person().post('/api/auth/token', account)).body;
    const bearer = { authorization: `Bearer ${token}` };
    expect((await admin.send('PATCH', `/api/users/${id}`, { active: false })).body.user.active).toBe(false);
    const statuses = async () => [
      (await client.get('/api/me')).status,
      (await person().send('GET', '/api/me', undefined, bearer)).status,
    ];
    expect(await statuses()).toEqual([401, 401]);
    for (const path of ['/api/auth/login', '/api/auth/token']) {
      expect((await person().post(path, account)).body).toMatchObject({
        status: 403,
        code: 'ACCOUNT_DEACTIVATED',
      });
    }
    const guess = await person().post('/api/auth/login', { ...account, password: 'wrong' });
    expect(guess.body.code).toBe('INVALID_CREDENTIALS'); // only who knows the password learns the state
    await admin.send('PATCH', `/api/users/${id}`, { active: true });
    expect(await statuses()).toEqual([401, 401]);
    expect((await client.post('/api/auth/login', account)).status).toBe(200);
  });

  it('keeps the last administrator', async () => {
    const admin = await person().logIn('admin');
    const { id } = (await admin.get('/api/me')).body.user;
    for (const changes of [{ role: 'viewer' }, { active: false }]) {
      expect((await admin.send('PATCH', `/api/users/${id}`, changes)).body.code).toBe('LAST_ADMIN');
    }
  });

  it('lists and finds accounts, for administrators only', async () => {
    const admin = await person().logIn('admin');
    const found = (await admin.get('/api/users?search=TANAKA')).body;
    expect(found).toMatchObject({
      page: 1,
      total: 1,
      users: [{ name: 'Mei Tanaka', role: 'member', active: true }],
    });
    expect(JSON.stringify(found)).not.toMatch(/password|hash|token/i);
    expect((await admin.get('/api/users?status=deactivated&search=Tanaka')).body.total).toBe(0);
    for (const name of ['manager', 'viewer']) {
      const other = await person().logIn(name);
      expect((await other.get('/api/users')).status).toBe(403);
      expect((await other.send('PATCH', `/api/users/${found.users[0].id}`, { role: 'admin' })).status).toBe(
        403,
      );
    }
    expect((await person().get('/api/users')).status).toBe(401);
  });

  it('names what is wrong with a change', async () => {
    const admin = await person().logIn('admin');
    const { id } = (await admin.get('/api/me')).body.user;
    const wrong = await admin.send('PATCH', `/api/users/${id}`, { role: 'owner', active: 'yes' });
    expect(wrong.status).toBe(400);
    expect(wrong.body.errors.map(({ path }: { path: string }) => path)).toEqual(['role', 'active']);
    expect((await admin.send('PATCH', `/api/users/${id}`, {})).status).toBe(400);
    expect((await admin.send('PATCH', '/api/users/1', { active: true })).status).toBe(404);
    expect((await admin.get('/api/users?page=0')).status).toBe(400);
  });
}
