import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, vi } from 'vitest';
import { type Clock, sleep, systemClock } from '../src/clock.js';
import { DeadlineError, scheduleGivingUp, withDeadline } from '../src/deadline.js';

/** A clock whose timers fire when the test says so. */
function handClock(): Clock & { fire(): void; readonly waiting: number } {
  const timers = new Set<() => void>();
  return {
    now: () => 0,
    monotonic: () => 0,
    schedule(callback) {
      timers.add(callback);
      return { cancel: () => timers.delete(callback) };
    },
    fire() {
      for (const callback of [...timers]) {
        timers.delete(callback);
        callback();
      }
    },
    get waiting() {
      return timers.size;
    },
  };
}

describe('systemClock', () => {
  it('walks a delay that setTimeout would fire at once', () => {
    vi.useFakeTimers();
    try {
      const fired = vi.fn();
      const thirtyDays = 30 * 86_400_000;
      systemClock.schedule(fired, thirtyDays);
      vi.advanceTimersByTime(thirtyDays - 1);
      expect(fired).not.toHaveBeenCalled();
      vi.advanceTimersByTime(1);
      expect(fired).toHaveBeenCalledTimes(1);
      systemClock.schedule(fired, thirtyDays).cancel();
      vi.advanceTimersByTime(thirtyDays);
      expect(fired).toHaveBeenCalledTimes(1);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('sleep', () => {
  it('resolves when the clock says so', async () => {
    const clock = handClock();
    const slept = sleep(clock, 100);
    clock.fire();
    await expect(slept).resolves.toBeUndefined();
  });

  it('rejects with the reason of its signal and leaves no timer', async () => {
    const clock = handClock();
    const controller = new AbortController();
    const slept = sleep(clock, 100, { signal: controller.signal });
    controller.abort(new Error('stop'));
    await expect(slept).rejects.toThrow('stop');
    expect(clock.waiting).toBe(0);
    await expect(sleep(clock, 100, { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow(
      'before',
    );
  });
});

describe('withDeadline', () => {
  const never = (): Promise<never> => new Promise(() => undefined);

  it('returns what the work returns and leaves no timer', async () => {
    const clock = handClock();
    await expect(withDeadline(async () => 7, { timeoutMs: 10, what: 'work', clock })).resolves.toBe(7);
    expect(clock.waiting).toBe(0);
  });

  it('turns a synchronous throw into a rejection', async () => {
    const work = (): never => {
      throw new Error('at once');
    };
    await expect(withDeadline(work, { timeoutMs: 10, what: 'work' })).rejects.toThrow('at once');
  });

  it('ends at the deadline with work that ignores its signal, and tells the work', async () => {
    const clock = handClock();
    let seen: AbortSignal | undefined;
    const result = withDeadline(
      (signal) => {
        seen = signal;
        return never();
      },
      { timeoutMs: 10, what: 'postgres check', clock },
    );
    await Promise.resolve();
    clock.fire();
    const error: unknown = await result.catch((reason: unknown) => reason);
    expect(DeadlineError.is(error) && error.message).toBe('postgres check took longer than 10 ms.');
    expect(seen?.reason).toBe(error);
  });

  it('handles a rejection that comes after the deadline', async () => {
    const clock = handClock();
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    let fail: (error: Error) => void = () => undefined;
    const result = withDeadline(() => new Promise((_resolve, reject) => (fail = reject)), {
      timeoutMs: 10,
      what: 'work',
      clock,
    });
    await Promise.resolve();
    clock.fire();
    await expect(result).rejects.toThrow('longer than 10 ms');
    fail(new Error('late'));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });

  it('ends with the reason of the signal it was given, before or during the work', async () => {
    const controller = new AbortController();
    const result = withDeadline(never, { timeoutMs: 60_000, what: 'work', signal: controller.signal });
    controller.abort(new Error('caller left'));
    await expect(result).rejects.toThrow('caller left');
    const work = vi.fn(never);
    await expect(
      withDeadline(work, { timeoutMs: 1, what: 'work', signal: controller.signal }),
    ).rejects.toThrow('caller left');
    expect(work).not.toHaveBeenCalled();
  });

  it('lets an answer win that arrived in time at a process that was not looking', async () => {
    const answered = new Int32Array(new SharedArrayBuffer(4));
    const server = new Worker(
      `const { parentPort, workerData } = require('node:worker_threads');
      const server = require('node:net').createServer((socket) => socket.on('data', (data) => {
        socket.write(data, () => { Atomics.store(workerData, 0, 1); Atomics.notify(workerData, 0); });
      })).listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`,
      { eval: true, workerData: answered },
    );
    const [port] = await once(server, 'message');
    const socket = connect(port, '127.0.0.1').setNoDelay();
    await once(socket, 'connect');
    try {
      const timeoutMs = 20;
      const asking = withDeadline(
        async () => {
          socket.write('answer');
          const [data] = await once(socket, 'data');
          return String(data);
        },
        { timeoutMs, what: 'the server' },
      );
      const startedAt = performance.now();
      expect(Atomics.wait(answered, 0, 0, 30_000)).not.toBe('timed-out');
      while (performance.now() < startedAt + 2 * timeoutMs) Atomics.wait(answered, 0, 1, timeoutMs);
      await expect(asking).resolves.toBe('answer');
    } finally {
      socket.destroy();
      await server.terminate();
    }
  });
});

describe('scheduleGivingUp', () => {
  it('gives up one turn after its time, and not when it was cancelled before or in that turn', async () => {
    const clock = handClock();
    const givenUp = vi.fn();
    scheduleGivingUp(clock, givenUp, 10).cancel();
    expect(clock.waiting).toBe(0);
    const timer = scheduleGivingUp(clock, givenUp, 10);
    clock.fire();
    timer.cancel();
    await nextTurn();
    expect(givenUp).not.toHaveBeenCalled();
    scheduleGivingUp(clock, givenUp, 10);
    clock.fire();
    expect(givenUp).not.toHaveBeenCalled();
    await nextTurn();
    expect(givenUp).toHaveBeenCalledTimes(1);
  });
});
