import { expect, it } from 'vitest';
import type { KpiClient } from '../kpi-client.js';

/** Objectives and the numbers that move them. */
export function objectives(person: () => KpiClient): void {
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

  it('searches for text, not for patterns', async () => {
    const viewer = await person().logIn('viewer');
    const found = async (search: string) =>
      (await viewer.get(`/api/objectives?search=${encodeURIComponent(search)}`)).body.objectives.length;
    expect(await found('NIGHT')).toBeGreaterThan(0);
    expect(await found('%')).toBe(0);
    expect(await found("' or 1=1 --")).toBe(0);
  });
}
