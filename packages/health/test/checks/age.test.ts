import { expect, test } from 'vitest';
import { backupAge } from '../../src/index.js';

const never = AbortSignal.timeout(60_000);
const ago = (ms: number) => async () => new Date(Date.now() - ms);
const hour = 3_600_000;

test('backupAge passes for a young backup, degrades when a night is late and fails when two are missing', async () => {
  expect(await backupAge(ago(20 * hour)).probe(never)).toEqual({ madeAt: expect.any(String) });
  expect(await backupAge(ago(27 * hour)).probe(never)).toMatchObject({
    status: 'degraded',
    reason: 'The age of the last backup is 1d3h.',
  });
  await expect(backupAge(ago(51 * hour)).probe(never)).rejects.toMatchObject({
    code: 'HEALTH_LIMIT_REACHED',
    message: 'The age of the last backup is 2d3h; the limit is 2d2h.',
  });
});

test('backupAge fails when there is no backup, when its time is none, and when they cannot be listed', async () => {
  await expect(backupAge(async () => undefined).probe(never)).rejects.toThrow('There is no backup');
  await expect(backupAge(async () => new Date('soon')).probe(never)).rejects.toThrow('There is no backup');
  await expect(backupAge(async () => Promise.reject(new Error('EACCES'))).probe(never)).rejects.toThrow(
    'EACCES',
  );
});

test('backupAge takes a backup from the future for a wrong clock, which would hide that newer ones are missing', async () => {
  const ahead = (ms: number) =>
    backupAge(async () => new Date(Date.now() + ms)).probe(AbortSignal.timeout(1_000));
  expect(await ahead(60_000), 'clocks differ by a little').not.toHaveProperty('status');
  expect(await ahead(3_600_000)).toMatchObject({
    status: 'degraded',
    reason: expect.stringMatching(/^The last backup is from the future, by \S+\. .*clock/),
    madeAt: expect.any(String),
  });
});

test('backupAge refuses a warning that comes after the failure', () => {
  expect(() => backupAge(ago(0), { warn: '3d', fail: '1d' })).toThrow(/option "warn" must be not above/);
});
