import { expect, it } from 'vitest';
import type { KpiClient } from '../kpi-client.js';

/** Requests that are wrong, forged or about the service itself. */
export function requests(person: () => KpiClient): void {
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
      expect([200, 503]).toContain(status); // a busy machine may be low on memory, which it then says
      expect(Object.keys(body.checks)).toEqual(['database', 'redis', 'memory', 'disk']);
    }
    expect((await person().get('/api/health/database')).status).toBe(200);
  });
}
