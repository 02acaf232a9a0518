import { createFakeClock } from '@seaworthy/testkit';
import { expect, test } from 'vitest';
import { quietWait } from '../src/quiet-wait.js';

function wait(options: { quietMs?: number; maxMs?: number; trafficUntilMs: number; everyMs?: number }) {
  const { quietMs = 1_000, maxMs = 12_000, trafficUntilMs, everyMs = 100 } = options;
  const clock = createFakeClock();
  let seenUntil = 0;
  const active = (): boolean => {
    const now = Math.min(clock.monotonic(), trafficUntilMs);
    const came = Math.floor(now / everyMs) > Math.floor(seenUntil / everyMs);
    seenUntil = now;
    return came;
  };
  return { clock, result: quietWait({ quietMs, maxMs, clock, active, expecting: () => false }) };
}

test('ends as soon as there was no traffic for so long, wherever the traffic ends', async () => {
  for (const trafficUntilMs of [0, 1_500, 4_000]) {
    const { clock, result } = wait({ trafficUntilMs });
    let endedAt = Number.NaN;
    void result.then(() => (endedAt = clock.monotonic()));
    for (let at = 0; at < 12_000 && Number.isNaN(endedAt); at += 50) await clock.advance(50);
    expect(await result).toBe(true);
    expect(endedAt).toBeGreaterThanOrEqual(trafficUntilMs + 1_000);
    expect(endedAt).toBeLessThanOrEqual(trafficUntilMs + 1_250);
  }
});

test('ends at its bound when the traffic never stops', async () => {
  const { clock, result } = wait({ trafficUntilMs: Number.POSITIVE_INFINITY, everyMs: 400 });
  await clock.advance(12_100);
  expect(await result).toBe(false);
});

test('does not wait at all for a quiet of 0', async () => {
  expect(await wait({ quietMs: 0, trafficUntilMs: Number.POSITIVE_INFINITY }).result).toBe(true);
});

test('does not take a starved loop for silence', async () => {
  // Each tick comes a second late: nobody looked at the sockets, so nothing is known.
  const clock = createFakeClock();
  const slow = { ...clock, schedule: (run: () => void, ms: number) => clock.schedule(run, ms + 1_000) };
  const result = quietWait({
    quietMs: 1_000,
    maxMs: 12_000,
    clock: slow,
    active: () => false,
    expecting: () => false,
  });
  await clock.advance(20_000);
  expect(await result).toBe(false);
});

test('waits for the first request of a connection that has just come, without beginning anew', async () => {
  const clock = createFakeClock();
  const expecting = (): boolean => clock.monotonic() < 1_400;
  let endedAt = Number.NaN;
  const result = quietWait({ quietMs: 1_000, maxMs: 12_000, clock, active: () => false, expecting });
  void result.then(() => (endedAt = clock.monotonic()));
  await clock.advance(12_000);
  expect(await result).toBe(true);
  expect(endedAt).toBe(1_400);
});
