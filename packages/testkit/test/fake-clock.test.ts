import { sleep, withDeadline } from '@seaworthy/contracts';
import { expect, test } from 'vitest';
import { createFakeClock } from '../src/index.js';

test('time stands still until it is advanced, and then moves by exactly that', async () => {
  const clock = createFakeClock({ now: 1_000 });
  expect([clock.now(), clock.monotonic()]).toEqual([1_000, 0]);
  await clock.advance(250);
  expect([clock.now(), clock.monotonic()]).toEqual([1_250, 250]);
});

test('timers fire in order of time, then of scheduling, each at its own time', async () => {
  const clock = createFakeClock();
  const fired: string[] = [];
  const note = (name: string) => () => void fired.push(`${name}@${clock.monotonic()}`);
  clock.schedule(note('late'), 30);
  clock.schedule(note('first'), 10);
  clock.schedule(note('second'), 10);
  clock.schedule(note('at once'), -5);
  clock.schedule(note('too late'), 31);
  await clock.advance(30);
  expect(fired).toEqual(['at once@0', 'first@10', 'second@10', 'late@30']);
  expect(clock.pending).toBe(1);
});

test('what a timer starts, timers too, happens within the same advance', async () => {
  const clock = createFakeClock();
  const seen: number[] = [];
  const loop = async (): Promise<void> => {
    for (let round = 0; round < 3; round++) {
      await sleep(clock, 10);
      // Long chains of promises end before the next timer fires.
      for (let step = 0; step < 100; step++) await Promise.resolve();
      seen.push(clock.monotonic());
    }
  };
  const done = loop();
  await clock.advance(30);
  await done;
  expect(seen).toEqual([10, 20, 30]);
});

test('a cancelled timer does not fire and is not pending', async () => {
  const clock = createFakeClock();
  let fired = false;
  const timer = clock.schedule(() => {
    fired = true;
  }, 10);
  timer.cancel();
  timer.cancel();
  expect(clock.pending).toBe(0);
  await clock.advance(100);
  expect(fired).toBe(false);
});

test('a jump moves the wall clock and no timer', async () => {
  const clock = createFakeClock({ now: 5_000 });
  let fired = false;
  clock.schedule(() => {
    fired = true;
  }, 10);
  clock.jump(-60_000);
  expect([clock.now(), clock.monotonic(), fired]).toEqual([-55_000, 0, false]);
  await clock.advance(10);
  expect(fired).toBe(true);
});

test('a deadline on the fake clock ends when its time has come, not before', async () => {
  const clock = createFakeClock();
  let outcome = 'waiting';
  withDeadline(() => new Promise(() => {}), { timeoutMs: 800, what: 'work', clock }).catch((error: Error) => {
    outcome = error.message;
  });
  await clock.advance(799);
  expect(outcome).toBe('waiting');
  await clock.advance(1);
  expect(outcome).toContain('800 ms');
});

test('time cannot go backwards', async () => {
  await expect(createFakeClock().advance(-1)).rejects.toThrow('jump()');
});
