import { createFakeClock } from '@seaworthy/testkit';
import { expect, test } from 'vitest';
import { Deadlines, type Expiring, unwatched } from '../src/pool/deadlines.js';
import { randomFrom } from './support/fake-server.js';

interface Watched extends Expiring {
  readonly expiredAt: () => number | undefined;
}

function watched(clock: { monotonic(): number }, deadlineAt: number): Watched {
  let expiredAt: number | undefined;
  return {
    place: unwatched,
    deadlineAt,
    expire: () => {
      expiredAt = clock.monotonic();
    },
    expiredAt: () => expiredAt,
  };
}

test('each deadline comes at its time, once, and none that was forgotten', async () => {
  for (let seed = 0; seed < 200; seed += 1) {
    const random = randomFrom(seed);
    const clock = createFakeClock();
    const deadlines = new Deadlines(clock, { keepAlive: seed % 2 === 0 });
    const all: Watched[] = [];
    const forgotten = new Set<Watched>();
    for (let step = 0; step < 60; step += 1) {
      const one = watched(clock, clock.monotonic() + Math.floor(random() * 500));
      all.push(one);
      deadlines.watch(one);
      const leaving = all[Math.floor(random() * all.length)];
      if (random() < 0.6 && leaving !== undefined && leaving.expiredAt() === undefined) {
        deadlines.forget(leaving);
        forgotten.add(leaving);
      }
      await clock.advance(Math.floor(random() * 40));
    }
    await clock.advance(1_000);
    for (const one of all)
      expect(one.expiredAt(), `seed ${seed}`).toBe(forgotten.has(one) ? undefined : one.deadlineAt);
    deadlines.cancel();
    expect(clock.pending).toBe(0);
  }
});

test('a thousand deadlines need one timer', async () => {
  const clock = createFakeClock();
  const deadlines = new Deadlines(clock, { keepAlive: false });
  for (let number = 0; number < 1_000; number += 1) deadlines.watch(watched(clock, 100 + number));
  expect(clock.pending).toBe(1);
});

test('a timer that keeps the process alive is gone when nothing is watched any more', () => {
  const clock = createFakeClock();
  const deadlines = new Deadlines(clock, { keepAlive: true });
  const one = watched(clock, 100);
  deadlines.watch(one);
  deadlines.forget(one);
  expect(clock.pending).toBe(0);
});
