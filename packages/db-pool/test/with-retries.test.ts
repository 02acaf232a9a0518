import { createFakeClock } from '@seaworthy/testkit';
import { expect, test } from 'vitest';
import { DbError } from '../src/index.js';
import { lostAgainstAnother, withRetries } from '../src/session/with-retries.js';

const deadlock = () => Promise.reject(new DbError('deadlock', 'made up'));

/** When each attempt began, in milliseconds from the first. */
async function attemptsAt(random: () => number, deadlineAt = 60_000): Promise<number[]> {
  const clock = createFakeClock();
  const began: number[] = [];
  const retries = { attempts: 9, clock, random, limits: { deadlineAt }, isWorthIt: lostAgainstAnother };
  const outcome = withRetries(retries, () => {
    began.push(Math.round(clock.monotonic()));
    return deadlock();
  }).catch((error: unknown) => error);
  await clock.advance(60_000);
  expect(await outcome).toMatchObject({ kind: 'deadlock' });
  return began;
}

test('waits up to 20 ms before the second attempt, twice as long before each further one, and a second at most', async () => {
  expect(await attemptsAt(() => 1)).toEqual([0, 20, 60, 140, 300, 620, 1_260, 2_260, 3_260]);
  expect(await attemptsAt(() => 0.5)).toEqual([0, 10, 30, 70, 150, 310, 630, 1_130, 1_630]);
});

test('does not begin an attempt that would be past the deadline', async () => {
  expect(await attemptsAt(() => 1, 500)).toEqual([0, 20, 60, 140, 300]);
});

test('ends at once when the caller aborts while it waits', async () => {
  const clock = createFakeClock();
  const controller = new AbortController();
  const limits = { deadlineAt: 60_000, signal: controller.signal };
  const outcome = withRetries(
    { attempts: 3, clock, random: () => 1, limits, isWorthIt: lostAgainstAnother },
    deadlock,
  ).catch((error: unknown) => error);
  await clock.advance(5);
  controller.abort(new Error('gone'));
  expect(await outcome).toMatchObject({ kind: 'aborted', cause: new Error('gone') });
  expect(clock.pending).toBe(0);
});

test('does not repeat what another transaction was not to blame for', async () => {
  const clock = createFakeClock();
  let attempts = 0;
  const work = (): Promise<never> => {
    attempts += 1;
    return Promise.reject(new DbError('unique', 'made up'));
  };
  const retries = {
    attempts: 5,
    clock,
    random: () => 1,
    limits: { deadlineAt: 1_000 },
    isWorthIt: lostAgainstAnother,
  };
  await expect(withRetries(retries, work)).rejects.toMatchObject({ kind: 'unique' });
  expect(attempts).toBe(1);
});
