import { execFile } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, vi } from 'vitest';
import type { Clock } from '../src/clock.js';
import { createProcessEvents, type ProcessLike, processEvents } from '../src/process-events.js';

/** A process whose signals and exits are only recorded. */
function fakeHost() {
  const emitter = new EventEmitter();
  const exits: number[] = [];
  const kills: string[] = [];
  const host: ProcessLike = {
    pid: 4242,
    on: (event, listener) => emitter.on(event, listener),
    removeListener: (event, listener) => emitter.removeListener(event, listener),
    listenerCount: (event) => emitter.listenerCount(event),
    kill: (_pid, signal) => kills.push(signal),
    exit: (code) => exits.push(code),
  };
  let now = 0;
  const timers: Array<{ at: number; callback: () => void }> = [];
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    schedule(callback, delayMs) {
      const timer = { at: now + delayMs, callback };
      timers.push(timer);
      return { cancel: () => void (timers.includes(timer) && timers.splice(timers.indexOf(timer), 1)) };
    },
  };
  const errors: string[] = [];
  const events = createProcessEvents(host, { clock, writeError: (text) => errors.push(text) });
  return {
    events,
    emitter,
    exits,
    kills,
    errors,
    advance(ms: number) {
      now += ms;
      for (const timer of timers.splice(0)) timer.at <= now ? timer.callback() : timers.push(timer);
    },
    settled: () => new Promise((resolve) => setImmediate(resolve)),
  };
}

describe('a crash that nobody logs', () => {
  it.runIf(process.platform === 'linux')(
    'is written to its end, although its pipe is full, with its cause',
    async () => {
      const script = join(import.meta.dirname, 'fixtures', 'crashing.mjs');
      const read = `"$0" "${script}" 2>&1 | (read -r first; sleep 0; cat)`;
      const { stdout } = await promisify(execFile)('sh', ['-c', read, process.execPath], {
        maxBuffer: 1024 ** 2,
      });
      expect(stdout).toContain('xx the end');
      expect(stdout).toContain('[cause]: Error: the cause');
    },
  );

  it('says what was thrown with it, and the class of what is no error, without its content', () => {
    const { events, emitter, errors } = fakeHost();
    events.onShutdown(async () => undefined);
    const inner = new Error('inner', { cause: 'a text' });
    emitter.emit('unhandledRejection', new AggregateError([inner, new RangeError('other')], 'several'));
    expect(errors[0]).toMatch(
      /several.*\[errors\]: Error: inner.*\[cause\]: a text.*\[errors\]: RangeError: other/s,
    );
    const circular = new Error('circular');
    circular.cause = circular;
    emitter.emit('uncaughtException', circular);
    expect(errors[1]?.match(/Error: circular/g)?.length).toBeLessThan(9);
    emitter.emit('unhandledRejection', { status: 500, password: 'CANARY' });
    expect(errors[2]).toBe('unhandledRejection: an object with the keys status, password\n');
  });
});

const handledEvents = ['SIGTERM', 'SIGINT', 'uncaughtException', 'unhandledRejection', 'exit'];

describe('process events', () => {
  it('installs nothing before somebody registers and nothing stays after the last one left', () => {
    const { events, emitter } = fakeHost();
    const count = () => handledEvents.map((event) => emitter.listenerCount(event));
    expect(count()).toEqual([0, 0, 0, 0, 0]);
    const leave = [
      events.onShutdown(async () => undefined),
      events.onExit(() => undefined),
      events.onCrash(() => undefined),
    ];
    expect(count()).toEqual([1, 1, 1, 1, 1]);
    for (const unregister of [...leave, ...leave]) unregister();
    expect(count()).toEqual([0, 0, 0, 0, 0]);
  });

  it('runs every shutdown handler on a signal, flushes and exits 0', async () => {
    const { events, emitter, exits, settled } = fakeHost();
    const order: string[] = [];
    events.onShutdown(async (cause) => void order.push(`a ${JSON.stringify(cause)}`));
    events.onShutdown(async () => void order.push('b'));
    events.onExit(() => order.push('flush'));
    emitter.emit('SIGTERM');
    await settled();
    expect(order).toEqual(['a {"kind":"signal","signal":"SIGTERM"}', 'b', 'flush']);
    expect(exits).toEqual([0]);
  });

  it('exits 1 when a shutdown handler rejects or throws, after the others are done', async () => {
    const { events, emitter, exits, settled } = fakeHost();
    const other = vi.fn(async () => undefined);
    events.onShutdown(() => {
      throw new Error('at once');
    });
    events.onShutdown(other);
    emitter.emit('SIGINT');
    await settled();
    expect(other).toHaveBeenCalledTimes(1);
    expect(exits).toEqual([1]);
  });

  it('ends at once with 128 + n on a second signal, but takes two within half a second for one', async () => {
    const { events, emitter, exits, advance } = fakeHost();
    const handler = vi.fn(() => new Promise<void>(() => undefined));
    events.onShutdown(handler);
    emitter.emit('SIGINT');
    advance(499);
    emitter.emit('SIGINT');
    expect(exits).toEqual([]);
    advance(1);
    emitter.emit('SIGTERM');
    expect(exits).toEqual([128 + 15]);
    expect(handler).toHaveBeenCalledTimes(1);
  });

  it('does not take a signal for a second one that another owner raises again as its last act', () => {
    const { events, emitter, exits, advance } = fakeHost();
    const framework = (): void => undefined;
    emitter.on('SIGTERM', framework);
    events.onShutdown(() => new Promise<void>(() => undefined));
    emitter.emit('SIGTERM');
    advance(5_000);
    emitter.removeListener('SIGTERM', framework);
    emitter.emit('SIGTERM');
    expect(exits).toEqual([]);
    emitter.emit('SIGTERM');
    expect(exits).toEqual([128 + 15]);
  });

  it('exits 1 when a handler takes longer than it said', async () => {
    const { events, emitter, exits, advance, settled } = fakeHost();
    events.onShutdown(async () => undefined, { withinMs: 1_000 });
    events.onShutdown(() => new Promise<void>(() => undefined), { withinMs: 3_000 });
    emitter.emit('SIGTERM');
    advance(2_999);
    await settled();
    expect(exits).toEqual([]);
    advance(1);
    expect(exits).toEqual([1]);
  });

  it('refuses a time that would end the process at once, and an option that it does not know', () => {
    const { events, emitter } = fakeHost();
    for (const withinMs of [Number.NaN, -1, '5s' as never]) {
      expect(() => events.onShutdown(async () => undefined, { withinMs })).toThrow('"withinMs" must be');
    }
    const misspelt = { timeoutMs: 5_000 } as never;
    expect(() => events.onShutdown(async () => undefined, misspelt)).toThrow('unknown option "timeoutMs"');
    expect(emitter.listenerCount('SIGTERM')).toBe(0);
    expect(events.onShutdown(async () => undefined, { withinMs: Number.POSITIVE_INFINITY })).toBeTypeOf(
      'function',
    );
  });

  it('gives a handler that says nothing a minute', () => {
    const { events, emitter, exits, advance } = fakeHost();
    events.onShutdown(() => new Promise<void>(() => undefined));
    emitter.emit('SIGTERM');
    advance(59_999);
    expect(exits).toEqual([]);
    advance(1);
    expect(exits).toEqual([1]);
  });

  it('logs a crash first, then drains, then flushes, then exits 1', async () => {
    const { events, emitter, exits, errors, settled } = fakeHost();
    const order: string[] = [];
    events.onShutdown(async (cause) => void order.push(`drain ${cause.kind}`));
    events.onCrash((cause) => order.push(`crash ${cause.kind} ${String(cause.error)}`));
    events.onExit(() => order.push('flush'));
    emitter.emit('uncaughtException', new Error('boom'));
    await settled();
    expect(order).toEqual(['crash uncaughtException Error: boom', 'drain uncaughtException', 'flush']);
    expect(exits).toEqual([1]);
    expect(errors).toEqual([]);
  });

  it('waits no longer than 1.5 s for the drain of a crashed process', () => {
    const { events, emitter, exits, advance } = fakeHost();
    events.onShutdown(() => new Promise<void>(() => undefined));
    emitter.emit('unhandledRejection', new Error('boom'));
    advance(1_499);
    expect(exits).toEqual([]);
    advance(1);
    expect(exits).toEqual([1]);
  });

  it('prints a crash that nobody logged, and one whose logger failed', () => {
    const { events, emitter, errors } = fakeHost();
    events.onShutdown(async () => undefined);
    emitter.emit('unhandledRejection', 'just text');
    events.onCrash(() => {
      throw new Error('the logger is broken');
    });
    emitter.emit('uncaughtException', new Error('boom'));
    expect(errors[0]).toBe('unhandledRejection: just text\n');
    expect(errors[1]).toContain('uncaughtException: Error: boom');
  });

  it('makes the exit code 1 when the process crashes while it drains', async () => {
    const { events, emitter, exits, settled } = fakeHost();
    let finish: () => void = () => undefined;
    events.onShutdown(() => new Promise<void>((resolve) => (finish = resolve)));
    emitter.emit('SIGTERM');
    emitter.emit('uncaughtException', new Error('boom'));
    finish();
    await settled();
    expect(exits).toEqual([1]);
  });

  it('flushes and dies of the signal itself when there is nothing to shut down', () => {
    const { events, emitter, kills, exits, advance } = fakeHost();
    const flush = vi.fn();
    events.onExit(flush);
    emitter.emit('SIGTERM');
    expect(flush).toHaveBeenCalledTimes(1);
    expect(kills).toEqual(['SIGTERM']);
    expect(emitter.listenerCount('SIGTERM')).toBe(0);
    advance(100); // PID 1 does not die of it
    expect(exits).toEqual([143]);
  });

  it('leaves the signal to its owner when somebody else listens to it', () => {
    const { events, emitter, kills } = fakeHost();
    const flush = vi.fn();
    const owner = vi.fn();
    events.onExit(flush);
    emitter.on('SIGTERM', owner);
    emitter.emit('SIGTERM');
    expect(flush).toHaveBeenCalledTimes(1);
    expect(owner).toHaveBeenCalledTimes(1);
    expect(kills).toEqual([]);
  });

  it('calls a handler of a signal that ends nothing, and survives what it throws', () => {
    const { events, emitter, exits } = fakeHost();
    const reopen = vi.fn(() => {
      throw new Error('no such file');
    });
    const unregister = events.onSignal('SIGHUP', reopen);
    emitter.emit('SIGHUP');
    unregister();
    emitter.emit('SIGHUP');
    expect(reopen).toHaveBeenCalledTimes(1);
    expect(exits).toEqual([]);
  });

  it('is one instance in the process, also for a second copy of the module', async () => {
    vi.resetModules();
    const copy = await import('../src/process-events.js');
    expect(copy.processEvents).not.toBe(processEvents);
    expect(copy.processEvents()).toBe(processEvents());
  });
});
