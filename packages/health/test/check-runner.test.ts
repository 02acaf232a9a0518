import { Worker } from 'node:worker_threads';
import { systemClock } from '@seaworthy/contracts';
import { createFakeClock, waitFor } from '@seaworthy/testkit';
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { type CheckOptions, remote } from '../src/check.js';
import { createCheckRunner } from '../src/check-runner.js';

/** No jitter: half of the range. */
const random = (): number => 0.5;

function runner(probe: (signal: AbortSignal) => Promise<unknown>, options: CheckOptions = {}) {
  const clock = createFakeClock();
  const changes: string[] = [];
  const made = createCheckRunner('db', remote(probe, { interval: '5s', timeout: '1s', ...options }), {
    clock,
    random,
    onChange: (now, before) => changes.push(`${before} > ${now.status}`),
  });
  return { clock, changes, runner: made };
}

test('is pending until the first answer, and asks nothing before it is started', async () => {
  const probe = vi.fn(async () => 'PONG');
  const { clock, runner: check } = runner(probe);
  await clock.advance(60_000);
  expect(probe).not.toHaveBeenCalled();
  expect(check.snapshot().status).toBe('pending');
  check.start();
  await clock.advance(0);
  expect(check.snapshot()).toMatchObject({ status: 'pass', observed: 'PONG', failures: 0 });
});

test('flags a hung probe after interval and timeout, with one outstanding call however long it hangs', async () => {
  let hang = false;
  let release: (() => void) | undefined;
  const probe = vi.fn(async () => {
    if (hang) await new Promise<void>((resolve) => (release = resolve));
  });
  const { clock, runner: check, changes } = runner(probe, { failAfter: 1 });
  check.start();
  await clock.advance(1);
  hang = true;
  await clock.advance(6_000);
  expect(check.snapshot()).toMatchObject({
    status: 'fail',
    hung: true,
    error: { code: 'DEADLINE_EXCEEDED' },
  });
  await clock.advance(3_600_000);
  expect(probe).toHaveBeenCalledTimes(2);

  hang = false;
  release?.();
  await clock.advance(5_000);
  expect(check.snapshot()).toMatchObject({ status: 'pass', hung: false, failures: 0 });
  expect(probe).toHaveBeenCalledTimes(3);
  expect(changes).toEqual(['pending > pass', 'pass > fail', 'fail > pass']);
});

test('counts each interval that a hung probe outlives as one more failure', async () => {
  let hang = false;
  const { clock, runner: check } = runner(() => (hang ? new Promise(() => undefined) : Promise.resolve()), {
    failAfter: 3,
  });
  check.start();
  await clock.advance(1);
  hang = true;
  await clock.advance(14_000);
  expect(check.snapshot()).toMatchObject({ status: 'pass', failures: 2 });
  await clock.advance(1_000);
  expect(check.snapshot()).toMatchObject({ status: 'fail', failures: 3, durationMs: 10_000 });
});

test('ignores what a probe answers after its deadline', async () => {
  let answer: ((value: string) => void) | undefined;
  const { clock, runner: check } = runner(() => new Promise((resolve) => (answer = resolve)));
  check.start();
  await clock.advance(1_000);
  expect(check.snapshot().status).toBe('fail');
  answer?.('PONG');
  await clock.advance(1);
  expect(check.snapshot()).toMatchObject({ status: 'fail', observed: undefined, hung: false });
});

test('aborts the signal of a probe at its deadline', async () => {
  let given: AbortSignal | undefined;
  const { clock, runner: check } = runner((signal) => {
    given = signal;
    return new Promise(() => undefined);
  });
  check.start();
  await clock.advance(999);
  expect(given?.aborted).toBe(false);
  await clock.advance(1);
  expect(given?.reason).toMatchObject({ code: 'DEADLINE_EXCEEDED' });
});

test('does not fail a check that flaps below failAfter', async () => {
  let call = 0;
  const probe = async (): Promise<void> => {
    call += 1;
    if (call % 2 === 0) throw new Error('refused');
  };
  const { clock, runner: check, changes } = runner(probe, { failAfter: 2 });
  check.start();
  await clock.advance(120_000);
  expect(call).toBeGreaterThan(20);
  expect(changes).toEqual(['pending > pass']);
});

test('fails at the first failure when it never passed', async () => {
  const { clock, runner: check } = runner(() => Promise.reject(new Error('refused')), { failAfter: 5 });
  check.start();
  await clock.advance(0);
  expect(check.snapshot()).toMatchObject({ status: 'fail', failures: 1 });
});

test('counts a probe that throws before it returns a promise as a failure', async () => {
  const { clock, runner: check } = runner(() => {
    throw new TypeError('undefined is not a pool');
  });
  check.start();
  await clock.advance(0);
  expect(check.snapshot().status).toBe('fail');
  await clock.advance(5_000);
  expect(check.snapshot().failures).toBe(2);
});

test('is a warning while the probe says that it is degraded', async () => {
  let answer: unknown = { status: 'degraded', reason: 'lag' };
  const { clock, runner: check, changes } = runner(async () => answer);
  check.start();
  await clock.advance(0);
  expect(check.snapshot().status).toBe('warn');
  answer = undefined;
  await clock.advance(5_000);
  expect(changes).toEqual(['pending > warn', 'warn > pass']);
});

test('runs at its interval whatever the wall clock does', async () => {
  const probe = vi.fn(async () => undefined);
  const { clock, runner: check } = runner(probe);
  check.start();
  await clock.advance(0);
  clock.jump(-86_400_000);
  await clock.advance(5_000);
  clock.jump(86_400_000);
  await clock.advance(5_000);
  expect(probe).toHaveBeenCalledTimes(3);
});

test('spreads its calls by a tenth either way', async () => {
  for (const [value, calls] of [
    [0, 12],
    [0.999, 10],
  ] as const) {
    const clock = createFakeClock();
    const probe = vi.fn(async () => undefined);
    const check = createCheckRunner('db', remote(probe, { interval: '10s' }), {
      clock,
      random: () => value,
      onChange: () => undefined,
    });
    check.start();
    await clock.advance(100_000);
    expect(probe).toHaveBeenCalledTimes(calls);
  }
});

test('stops: aborts the outstanding call, asks no more and changes no more', async () => {
  let given: AbortSignal | undefined;
  const {
    clock,
    runner: check,
    changes,
  } = runner((signal) => {
    given = signal;
    return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  });
  check.start();
  await clock.advance(0);
  check.stop();
  expect(given?.aborted).toBe(true);
  await clock.advance(60_000);
  expect(changes).toEqual([]);
  expect(clock.pending).toBe(0);
});

test('agrees with a model for any sequence of answers, delays and hangs', async () => {
  const answer = fc.record({
    // No moment at which two things happen at once, where either order is right.
    delayMs: fc.integer({ min: 0, max: 1_200 }).map((tens) => tens * 10 + 3),
    outcome: fc.constantFrom('pass' as const, 'warn' as const, 'fail' as const),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(answer, { minLength: 1, maxLength: 30 }),
      fc.integer({ min: 1, max: 4 }),
      async (plan, failAfter) => {
        const clock = createFakeClock();
        let outstanding = 0;
        let most = 0;
        let asked = 0;
        let failures = 0;
        let expected = 'pending';
        const fail = (): void => {
          failures += 1;
          if (expected === 'pending' || failures >= failAfter) expected = 'fail';
        };
        const probe = async (): Promise<unknown> => {
          const { delayMs, outcome } = plan[asked++ % plan.length] ?? { delayMs: 0, outcome: 'pass' };
          // A late answer fails at the deadline, and once more at each interval that the call outlives.
          for (let after = 1_000; after < delayMs; after = after === 1_000 ? 5_000 : after + 5_000) {
            clock.schedule(fail, after);
          }
          outstanding += 1;
          most = Math.max(most, outstanding);
          await new Promise<void>((resolve) => clock.schedule(() => resolve(), delayMs));
          outstanding -= 1;
          if (delayMs > 1_000) return undefined; // the runner must not look at it
          if (outcome === 'fail') {
            fail();
            throw new Error('refused');
          }
          failures = 0;
          expected = outcome;
          return outcome === 'warn' ? { status: 'degraded', reason: 'slow' } : undefined;
        };
        const check = createCheckRunner('db', remote(probe, { interval: '5s', timeout: '1s', failAfter }), {
          clock,
          random,
          onChange: () => undefined,
        });
        check.start();
        for (let at = 500; at <= 60_000; at += 500) {
          await clock.advance(500);
          expect(most).toBeLessThanOrEqual(1);
          expect([at, check.snapshot().status]).toEqual([at, expected]);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('a pause of our own process is no outage of who was asked', async () => {
  // It answers from a thread of its own, which does not stand still with us.
  const worker = new Worker(
    `require('node:http').createServer((_, response) => response.end('ok')).listen(0, '127.0.0.1', function () {
      require('node:worker_threads').parentPort.postMessage(this.address().port);
    });`,
    { eval: true },
  );
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  const check = createCheckRunner(
    'api',
    remote(
      async () => {
        const answer = fetch(`http://127.0.0.1:${port}/`);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);
        return (await answer).text();
      },
      { interval: '1h', timeout: '1s' },
    ),
    { clock: systemClock, random, onChange: () => undefined },
  );
  check.start();
  await waitFor(() => check.snapshot().checkedAtMs !== undefined);
  expect(check.snapshot()).toMatchObject({ status: 'pass', failures: 0 });
  check.stop();
  await worker.terminate();
});
