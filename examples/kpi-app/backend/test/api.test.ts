import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, describeWith, freePort } from '@seaworthy/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KpiClient, startKpi } from './kpi-client.js';

describe('the KPI API on the embedded database', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kpi-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  behaves(async () => ({ DATA_DIR: join(folder, 'data') }));
});

describeWith(['postgres'], 'the KPI API on PostgreSQL', () => {
  let drop: () => Promise<void>;
  afterAll(() => drop());
  behaves(async () => {
    const database = await createTestDatabase('postgres');
    drop = () => database.drop();
    return { DATABASE_URL: database.url };
  });
});

/** One file of behaviours, whatever the database is. */
function behaves(databaseVariables: () => Promise<Readonly<Record<string, string>>>): void {
  let service: Awaited<ReturnType<typeof startKpi>>;
  const person = () => new KpiClient(service.url ?? '');

  beforeAll(async () => {
    service = await startKpi({ PORT: String(await freePort()), ...(await databaseVariables()) });
  });
  afterAll(() => service.close());

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

  it('shows the addresses of members to managers only', async () => {
    const emailsFor = async (name: string): Promise<readonly string[]> => {
      const client = await person().logIn(name);
      const { teams } = (await client.get('/api/teams')).body;
      const { members } = (await client.get(`/api/teams/${teams[0].id}`)).body;
      return members.map(({ email }: { email: string }) => email);
    };
    expect((await emailsFor('manager')).every((email) => email.endsWith('@kpi.example'))).toBe(true);
    for (const name of ['viewer', 'member']) {
      expect(new Set(await emailsFor(name)), name).toEqual(new Set(['']));
    }
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

  it('moves a key result by a check-in, and its objective and the dashboard with it', async () => {
    const manager = await person().logIn('manager');
    const { body: created } = await manager.post('/api/objectives', {
      teamId: (await manager.get('/api/teams')).body.teams[0].id,
      title: 'Measured by a test',
      description: '',
      dueOn: '2030-01-01',
    });
    const id = created.objective.id;
    const { body: measured } = await manager.post(`/api/objectives/${id}/key-results`, {
      title: 'Falls from 10 to 0',
      unit: '',
      startValue: 10,
      targetValue: 0,
    });
    expect(measured.keyResult).toMatchObject({
      progress: 0,
      currentValue: 10,
      confidence: null,
      checkIns: [],
    });
    const path = `/api/key-results/${measured.keyResult.id}/check-ins`;
    const before = (await manager.get('/api/dashboard')).body;
    const checkIn = await manager.post(path, { value: 2.5, confidence: 8, comment: 'Nearly there.' });
    expect(checkIn.status).toBe(201);
    expect(checkIn.body.keyResult).toMatchObject({ progress: 0.75, currentValue: 2.5, confidence: 8 });
    const { objective } = (await manager.get(`/api/objectives/${id}`)).body;
    expect(objective).toMatchObject({ progress: 0.75, keyResultCount: 1, confidence: 8 });
    expect(objective.keyResults[0].checkIns).toHaveLength(1);
    const after = (await manager.get('/api/dashboard')).body;
    expect(after.checkInsThisWeek).toBe(before.checkInsThisWeek + 1);
    expect(after.recentCheckIns[0]).toMatchObject({ objectiveTitle: 'Measured by a test', value: 2.5 });
    expect(after.trend).toHaveLength(12);
  });

  it('lets a viewer read and nothing else, and a member check in for their own teams only', async () => {
    const viewer = await person().logIn('viewer');
    const { teams } = (await viewer.get('/api/teams')).body;
    expect((await viewer.post('/api/teams', { name: 'Mine' })).status).toBe(403);
    const { objectives } = (await viewer.get('/api/objectives')).body;
    const member = await person().logIn('member');
    const me = (await member.get('/api/me')).body.user.id;
    const answers = new Map<boolean, number>();
    for (const { id, teamId } of objectives) {
      const members = (await viewer.get(`/api/teams/${teamId}`)).body.members as { userId: string }[];
      const own = members.some(({ userId }) => userId === me);
      if (answers.has(own)) continue;
      const [keyResult] = (await viewer.get(`/api/objectives/${id}`)).body.objective.keyResults;
      const answer = await member.post(`/api/key-results/${keyResult.id}/check-ins`, {
        value: 1,
        confidence: 5,
      });
      answers.set(own, answer.status);
    }
    expect(Object.fromEntries(answers)).toEqual({ true: 201, false: 403 });
    expect(teams.length).toBe(4);
  });

  it('manages the members of a team', async () => {
    const manager = await person().logIn('manager');
    const { team } = (await manager.post('/api/teams', { name: 'Night Watch' })).body;
    const added = await manager.post(`/api/teams/${team.id}/members`, {
      email: 'member@kpi.example',
      role: 'lead',
    });
    expect(added.body.member).toMatchObject({ name: 'Mei Tanaka', role: 'lead' });
    const unknown = await manager.post(`/api/teams/${team.id}/members`, {
      email: 'x@kpi.example',
      role: 'lead',
    });
    expect(unknown.body).toMatchObject({ status: 422, errors: [{ path: 'email' }] });
    expect(
      (await manager.send('DELETE', `/api/teams/${team.id}/members/${added.body.member.userId}`)).status,
    ).toBe(204);
    expect((await manager.get(`/api/teams/${team.id}`)).body.members).toEqual([]);
    expect((await manager.post('/api/teams', { name: 'Night Watch' })).status).toBe(409);
  });

  it('names every field that is wrong, and finds nothing behind an id that is none', async () => {
    const manager = await person().logIn('manager');
    const answer = await manager.post('/api/objectives', { title: ' ', dueOn: '2026-02-31' });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(answer.body.errors.map(({ path }: { path: string }) => path)).toEqual([
      'teamId',
      'title',
      'dueOn',
    ]);
    expect((await manager.get('/api/objectives/1')).status).toBe(404);
    expect((await manager.get("/api/objectives/'; drop table users; --")).status).toBe(404);
    expect((await manager.get('/api/nothing')).status).toBe(404);
  });

  it('refuses numbers whose share of a way could not be computed, and goes on answering', async () => {
    const manager = await person().logIn('manager');
    const { body: first } = await manager.get('/api/objectives');
    const { objective } = (await manager.get(`/api/objectives/${first.objectives[0].id}`)).body;
    const checkIns = `/api/key-results/${objective.keyResults[0].id}/check-ins`;
    for (const value of ['5e-324', '1e308', '-1e308', '1e999', '1000000000001', '0.0000001', '"1"', 'null']) {
      const text = `{"value":${value},"confidence":5}`;
      const answer = await manager.sendText(checkIns, text);
      expect([value, answer.status, answer.body.errors?.[0].path]).toEqual([value, 400, 'value']);
      for (const field of ['startValue', 'targetValue']) {
        const other = field === 'startValue' ? 'targetValue' : 'startValue';
        const keyResult = `{"title":"x","${field}":${value},"${other}":7}`;
        const refused = await manager.sendText(`/api/objectives/${objective.id}/key-results`, keyResult);
        expect([value, refused.status, refused.body.errors?.[0].path]).toEqual([value, 400, field]);
      }
    }
    for (const [startValue, targetValue, value] of [
      [-1e12, 1e12, 0.000001],
      [0, 0.000001, -1e12],
      [999_999_999_999.0001, 999_999_999_999.0002, 1e12],
    ]) {
      const made = await manager.post(`/api/objectives/${objective.id}/key-results`, {
        title: 'At the edge',
        startValue,
        targetValue,
      });
      expect(made.status).toBe(201);
      const path = `/api/key-results/${made.body.keyResult.id}/check-ins`;
      expect((await manager.post(path, { value, confidence: 5 })).status).toBe(201);
    }
    expect((await manager.get('/api/teams')).status).toBe(200);
    expect((await manager.get('/api/dashboard')).status).toBe(200);
  });

  it('answers 400 to what the database cannot hold', async () => {
    const manager = await person().logIn('manager');
    expect((await manager.get('/api/objectives?search=%00')).status).toBe(400);
    const registered = await person().post('/api/auth/register', {
      email: 'nul@kpi.example',
      password: 'a long password',
      name: 'N\u0000l',
    });
    expect(registered.body).toMatchObject({ status: 400, errors: [{ path: 'name' }] });
    const teamId = (await manager.get('/api/teams')).body.teams[0].id;
    for (const dueOn of ['0000-01-01', '1969-12-31', '2200-01-01']) {
      const answer = await manager.post('/api/objectives', { teamId, title: 'x', description: '', dueOn });
      expect(answer.body).toMatchObject({ status: 400, errors: [{ path: 'dueOn' }] });
    }
  });

  it('searches for text, not for patterns', async () => {
    const viewer = await person().logIn('viewer');
    const found = async (search: string) =>
      (await viewer.get(`/api/objectives?search=${encodeURIComponent(search)}`)).body.objectives.length;
    expect(await found('NIGHT')).toBeGreaterThan(0);
    expect(await found('%')).toBe(0);
    expect(await found("' or 1=1 --")).toBe(0);
  });

  it('refuses a write that another site began', async () => {
    const manager = await person().logIn('manager');
    const answer = await manager.send(
      'POST',
      '/api/teams',
      { name: 'Forged' },
      { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
    );
    expect(answer.status).toBe(403);
  });

  it('says how it is, under /api as well', async () => {
    for (const path of ['/health', '/api/health']) {
      const { status, body } = await person().get(path);
      expect(status).toBe(200);
      expect(Object.keys(body.checks)).toEqual(['database', 'redis', 'memory', 'disk']);
    }
    expect((await person().get('/api/health/database')).status).toBe(200);
  });
}
