import { expect, it } from 'vitest';
import type { KpiClient } from '../kpi-client.js';

/** Teams, and what each role may do with them. */
export function teams(person: () => KpiClient): void {
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
    expect(teams.length).toBeGreaterThanOrEqual(4);
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
}
