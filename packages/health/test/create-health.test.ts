import { OptionsError } from '@seaworthy/contracts';
import { createFakeClock } from '@seaworthy/testkit';
import { describe, expect, test, vi } from 'vitest';
import { createHealth, disk, eventLoop, HealthError, local, memory, remote } from '../src/index.js';

const quiet = { signals: false } as const;
const database = remote(async () => undefined);
const loop = local(eventLoop());

describe('what is wrong at boot', () => {
  test('a remote check in live is refused by the compiler and at boot', () => {
    // @ts-expect-error `database` is remote
    const start = () => createHealth({ ...quiet, checks: { database, loop }, live: ['database'] });
    expect(start).toThrow(/"database" in `live` is a remote check.*`ready`/);
    expect(start).toThrow(expect.objectContaining({ code: 'HEALTH_REMOTE_LIVENESS' }));
  });

  test('a misspelt name is refused by the compiler and at boot, which names the right one', () => {
    const starts = [
      // @ts-expect-error there is no `lop`
      () => createHealth({ ...quiet, checks: { database, loop }, live: ['lop'] }),
      // @ts-expect-error there is no `databse`
      () => createHealth({ ...quiet, checks: { database, loop }, ready: ['databse'] }),
      // @ts-expect-error there is no `loop2`
      () => createHealth({ ...quiet, checks: { database, loop }, report: ['loop2'] }),
    ];
    for (const [index, start] of starts.entries()) {
      expect(start).toThrow(expect.objectContaining({ code: 'HEALTH_UNKNOWN_CHECK' }));
      expect(start).toThrow(new RegExp(`Did you mean "${['loop', 'database', 'loop'][index]}"`));
    }
  });

  test('right names are accepted by both', async () => {
    const health = createHealth({
      ...quiet,
      checks: { database, loop },
      live: ['loop'],
      ready: ['database', 'loop'],
    });
    await health.close();
  });

  test('a check declared as what it is not is refused by the compiler and at boot', () => {
    // @ts-expect-error disk() is local
    expect(() => remote(disk('/'))).toThrow(expect.objectContaining({ code: 'HEALTH_CHECK_KIND' }));
    // @ts-expect-error this one says that it is remote
    expect(() => local({ kind: 'remote', probe: async () => undefined })).toThrow(HealthError);
    // @ts-expect-error a bare probe says nothing about itself
    expect(() => createHealth({ ...quiet, checks: { disk: async () => undefined } })).toThrow(
      /remote\(\) or local\(\)/,
    );
  });

  test('unknown options are refused everywhere, and the nearest right one is named', () => {
    const wrong: (() => unknown)[] = [
      // @ts-expect-error
      () => createHealth({ ...quiet, chekcs: {} }),
      // @ts-expect-error
      () => createHealth({ ...quiet, shutdown: { quite: '1s' } }),
      // @ts-expect-error
      () => createHealth({ ...quiet, shutdown: { deadlines: { poools: '1s' } } }),
      // @ts-expect-error
      () => remote(async () => undefined, { timeuot: 5 }),
      // @ts-expect-error
      () => disk('/', { wran: 0.5 }),
      // @ts-expect-error
      () => memory({ fial: 0.5 }),
      // @ts-expect-error
      () => eventLoop({ sustian: '1s' }),
    ];
    const meant = ['checks', 'quiet', 'pools', 'timeout', 'warn', 'fail', 'sustain'];
    for (const [index, start] of wrong.entries()) {
      expect(start).toThrow(OptionsError);
      expect(start).toThrow(new RegExp(`Did you mean "${meant[index]}"`));
    }
  });

  test('values that cannot work are refused', () => {
    const checks = { database };
    expect(() => createHealth({ ...quiet, checks, format: 'nested' })).toThrow(/option "version"/);
    expect(() => createHealth({ ...quiet, checks, format: 'nested', version: '1' })).toThrow(/"environment"/);
    expect(() => createHealth({ ...quiet, checks, prefix: 'api' })).toThrow(/option "prefix"/);
    expect(() => createHealth({ ...quiet, checks, shutdown: { quiet: 'soon' } })).toThrow(/Invalid duration/);
    expect(() => remote(async () => undefined, { timeout: 0 })).toThrow(/option "timeout"/);
    expect(() => remote(async () => undefined, { failAfter: 0 })).toThrow(/option "failAfter"/);
    for (const name of ['status', 'uptime', 'a/b', '', '1st', '__proto__x y']) {
      expect(() => createHealth({ ...quiet, checks: { [name]: database } })).toThrow(
        expect.objectContaining({ code: 'HEALTH_CHECK_NAME' }),
      );
    }
  });

  test('text where a boolean or a function belongs is refused', () => {
    const wrong: readonly (readonly [string, () => unknown])[] = [
      // @ts-expect-error
      ['enabled', () => createHealth({ ...quiet, enabled: 'false' })],
      // @ts-expect-error
      ['page', () => createHealth({ ...quiet, page: 'false' })],
      // @ts-expect-error
      ['signals', () => createHealth({ signals: 'false' })],
      // @ts-expect-error
      ['details', () => createHealth({ ...quiet, details: true })],
      // @ts-expect-error
      ['critical', () => remote(async () => undefined, { critical: 'false' })],
      // @ts-expect-error
      ['enabled', () => local(async () => undefined, { enabled: 'false' })],
    ];
    for (const [name, start] of wrong) {
      expect(start).toThrow(OptionsError);
      expect(start).toThrow(expect.objectContaining({ code: 'INVALID_OPTION' }));
      expect(start).toThrow(new RegExp(`option "${name}" must be`));
    }
  });

  test('an unknown phase is refused by the compiler and when it is given', async () => {
    const health = createHealth(quiet);
    // @ts-expect-error there is no such phase
    expect(() => health.stop('pool', 'pg', () => undefined)).toThrow(
      expect.objectContaining({ code: 'HEALTH_UNKNOWN_PHASE' }),
    );
    await health.close();
  });
});

test('only a critical check of live takes the process for dead', async () => {
  const clock = createFakeClock();
  const failing = async (): Promise<never> => Promise.reject(new Error('full'));
  const liveWith = async (critical: boolean): Promise<boolean> => {
    const checks = { disk: local(failing, { critical }) };
    const health = createHealth({ ...quiet, clock, checks, live: ['disk'] });
    await clock.advance(60_000);
    expect(health.snapshot().checks).toMatchObject([{ status: 'fail' }]);
    const { live } = health.snapshot();
    await health.close();
    return live;
  };
  expect([await liveWith(false), await liveWith(true)]).toEqual([true, false]);
});

test('asks nothing before the turn ends in which it was created, so that probes may use what comes after it', async () => {
  const probe = vi.fn(async () => later.value);
  const clock = createFakeClock();
  const health = createHealth({ ...quiet, clock, checks: { database: remote(probe) } });
  const later = { value: 42 };
  expect(probe).not.toHaveBeenCalled();
  await clock.advance(0);
  expect(health.snapshot().checks).toMatchObject([{ name: 'database', status: 'pass', observed: 42 }]);
  await health.close();
});

test('logs one line when a check begins to fail and one when it recovers, never one a failure', async () => {
  const lines: [string, string, unknown][] = [];
  const line = (level: string) => (message: string, fields?: unknown) => lines.push([level, message, fields]);
  const logger = { error: line('error'), warn: line('warn'), info: line('info'), debug: line('debug') };
  const clock = createFakeClock();
  let down = false;
  const probe = async (): Promise<void> => {
    if (down) throw new Error('refused');
  };
  const health = createHealth({
    ...quiet,
    clock,
    logger,
    checks: { redis: remote(probe, { critical: false, interval: '1s' }) },
  });
  await clock.advance(5_000);
  down = true;
  await clock.advance(60_000);
  down = false;
  await clock.advance(60_000);
  expect(lines).toEqual([
    ['warn', 'health check failing', { check: 'redis', critical: false, error: { message: 'refused' } }],
    ['info', 'health check recovered', { check: 'redis' }],
  ]);
  await health.close();
});

test('stops asking when the drain is over, before the pools that it asks are closed', async () => {
  const clock = createFakeClock();
  const probe = vi.fn(async () => undefined);
  const health = createHealth({
    ...quiet,
    clock,
    checks: { database: remote(probe, { interval: '100ms' }) },
  });
  const second = () => new Promise<void>((resolve) => clock.schedule(() => resolve(), 1_000));
  const calls: number[] = [];
  for (const phase of ['drain', 'workers', 'pools'] as const) {
    health.stop(phase, 'look', async () => {
      await second();
      calls.push(probe.mock.calls.length);
    });
  }
  const stopping = health.shutdown();
  await clock.advance(3_000);
  await stopping;
  expect(calls[0]).toBeGreaterThan(5);
  expect(calls).toEqual([calls[0], calls[0], calls[0]]);
});

test('a snapshot tells everything at once', async () => {
  const clock = createFakeClock();
  const health = createHealth({ ...quiet, clock, checks: { database, loop }, live: ['loop'] });
  expect(health.snapshot()).toMatchObject({
    live: true,
    ready: false,
    started: true,
    status: 'fail',
    phase: 'running',
  });
  await clock.advance(0);
  expect(health.snapshot()).toMatchObject({ live: true, ready: true, status: 'pass' });
  await health.close();
  expect(health.snapshot()).toMatchObject({ live: true, ready: false, phase: 'stopped' });
});

test('a logger that throws neither ends the process nor keeps a phase of the shutdown from running', async () => {
  const broken = (): never => {
    throw new Error('the stream was destroyed');
  };
  const clock = createFakeClock();
  const health = createHealth({
    ...quiet,
    clock,
    logger: { error: broken, warn: broken, info: broken, debug: broken },
    checks: { database: remote(async () => Promise.reject(new Error('away'))) },
  });
  await clock.advance(1_000);
  expect(health.snapshot().checks[0]).toMatchObject({ status: 'fail', failures: 1 });
  const ran: string[] = [];
  for (const phase of ['announce', 'pools', 'telemetry'] as const)
    health.stop(phase, phase, () => ran.push(phase));
  const stopping = health.shutdown();
  await clock.advance(5_000);
  expect(await stopping).toMatchObject({ clean: true });
  expect(ran).toEqual(['announce', 'pools', 'telemetry']);
});
