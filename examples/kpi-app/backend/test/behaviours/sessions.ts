import { expect, it } from 'vitest';
import type { KpiClient } from '../kpi-client.js';

/** Who comes in, and who stays in. */
export function sessions(person: () => KpiClient): void {
  it('registers, logs out and in again, and knows who asks', async () => {
    const client = person();
    const given = { email: 'New.Person@kpi.example', password: 'a long password', name: 'New Person' };
    const registered = await client.post('/api/auth/register', given);
    expect(registered.status).toBe(201);
    expect(registered.body.user).toMatchObject({
      email: 'new.person@kpi.example',
      name: 'New Person',
      role: 'viewer',
    });
    expect(registered.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Lax$/);
    expect((await client.get('/api/me')).body).toEqual(registered.body);
    expect((await client.send('POST', '/api/auth/logout')).status).toBe(204);
    expect((await client.get('/api/me')).status).toBe(401);
    expect((await client.post('/api/auth/login', given)).status).toBe(200);
    expect(JSON.stringify(registered.body)).not.toContain('password');
  });

  it('ends the session at logout, not only the cookie, and all others of that person', async () => {
    const account = { email: 'leaver@kpi.example', password: 'a long password', name: 'Leaver' };
    const [first, second, other] = [person(), person(), await person().logIn('viewer')];
    await first.post('/api/auth/register', account);
    await second.post('/api/auth/login', account);
    const { token } = (await person().post('/api/auth/token', account)).body;
    const bearer = { authorization: `Bearer ${token}` };
    expect((await person().send('GET', '/api/me', undefined, bearer)).status).toBe(200);
    expect((await first.post('/api/auth/logout')).status).toBe(204);
    expect((await person().send('GET', '/api/me', undefined, bearer)).status).toBe(401);
    expect((await second.get('/api/me')).status).toBe(401);
    expect((await other.get('/api/me')).status).toBe(200);
    // The ended token does not end what began after it.
    await second.post('/api/auth/login', account);
    expect((await person().send('POST', '/api/auth/logout', undefined, bearer)).status).toBe(204);
    expect((await second.get('/api/me')).status).toBe(200);
  });

  it('answers a wrong password and an unknown address alike', async () => {
    const client = person();
    const wrong = await client.post('/api/auth/login', { email: 'admin@kpi.example', password: 'wrong' });
    const unknown = await client.post('/api/auth/login', { email: 'nobody@kpi.example', password: 'wrong' });
    expect(wrong.status).toBe(401);
    expect({ ...unknown.body, requestId: '' }).toEqual({ ...wrong.body, requestId: '' });
  });

  it('refuses a second account of one address and names the field', async () => {
    const given = { email: 'ADMIN@kpi.example', password: 'a long password', name: 'Impostor' };
    const answer = await person().post('/api/auth/register', given);
    expect(answer.status).toBe(409);
    expect(answer.body).toMatchObject({ code: 'EMAIL_TAKEN', errors: [{ path: 'email' }] });
  });

  it('gives API clients a bearer token that works without cookies, and no forged one', async () => {
    const client = person();
    const { body } = await client.post('/api/auth/token', {
      email: 'viewer@kpi.example',
      password: 'seaworthy-demo-2026',
    });
    const asked = await client.send('GET', '/api/me', undefined, { authorization: `Bearer ${body.token}` });
    expect(asked.body.user.email).toBe('viewer@kpi.example');
    const [header, payload] = body.token.split('.');
    for (const forged of [`${header}.${payload}.`, `${btoa('{"alg":"none"}')}.${payload}.`, 'x.y.z']) {
      const answer = await client.send('GET', '/api/me', undefined, { authorization: `Bearer ${forged}` });
      expect(answer.status).toBe(401);
    }
  });
}
