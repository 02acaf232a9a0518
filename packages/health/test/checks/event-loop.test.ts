import { createFakeClock, waitFor } from '@seaworthy/testkit';
import { expect, test } from 'vitest';
import { eventLoop } from '../../src/index.js';

const never = AbortSignal.timeout(60_000);

function loopThatLags() {
  const clock = createFakeClock();
  let p99Ms = 0;
  const check = eventLoop({ clock, lag: () => ({ p99Ms, maxMs: p99Ms, utilization: 0.5 }), sustain: '30s' });
  return { clock, check, lagBy: (ms: number) => (p99Ms = ms) };
}

test('passes below the warning and degrades above it', async () => {
  const { check, lagBy } = loopThatLags();
  lagBy(99);
  expect(await check.probe(never)).not.toHaveProperty('status');
  lagBy(100);
  expect(await check.probe(never)).toMatchObject({ status: 'degraded', p99Ms: 100 });
});

test('fails only when the lag has lasted, and begins anew after a pause', async () => {
  const { check, clock, lagBy } = loopThatLags();
  lagBy(3_000);
  expect(await check.probe(never)).toMatchObject({ status: 'degraded' });
  await clock.advance(29_000);
  lagBy(10);
  await check.probe(never);
  lagBy(3_000);
  await clock.advance(1_000);
  expect(await check.probe(never)).toMatchObject({ status: 'degraded' });
  await clock.advance(30_000);
  await expect(check.probe(never)).rejects.toMatchObject({ code: 'HEALTH_LIMIT_REACHED' });
});

test('sees a loop that was really blocked just before it is asked', async () => {
  const check = eventLoop({ warn: '100ms', fail: '60s' });
  const isDegraded = async (): Promise<boolean> => Object.hasOwn(Object(await check.probe(never)), 'status');
  expect(await isDegraded()).toBe(false);
  await new Promise((resolve) => setTimeout(resolve, 100)); // the histograms' first look at the clock
  const until = performance.now() + 500;
  while (performance.now() < until);
  const seen = [await isDegraded()];
  await waitFor(
    async () => {
      await new Promise((resolve) => setTimeout(resolve, 50)); // an interval in which they look once more
      seen.push(await isDegraded());
      return seen.includes(true);
    },
    { what: 'the blocked loop to be seen' },
  );
  expect(seen.indexOf(true)).toBeLessThanOrEqual(2);
});

test('refuses a warning above the failure', () => {
  expect(() => eventLoop({ warn: '3s', fail: '2s' })).toThrow(/option "warn"/);
});
