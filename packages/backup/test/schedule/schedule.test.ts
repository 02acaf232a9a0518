import {
  type BackupProgress,
  type BackupScheduleOptions,
  createBackupSchedule,
  DrillError,
  type Held,
  planRetention,
  type RetainableBackup,
  type RunLock,
  retentionPresets,
  type SchedulableBackups,
  type ScheduledRunOptions,
} from '@seaworthy/backup';
import { sleep } from '@seaworthy/contracts';
import { createFakeClock, type FakeClock } from '@seaworthy/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { progressReport } from '../../src/pipeline/progress-report.js';
import { recordingLogger } from '../support/fixtures.js';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Backups in memory, pruned by the preset of the CRM. */
class Shelf implements SchedulableBackups {
  /** Every backup that was ever made. */
  readonly made: number[] = [];
  readonly drilled: number[] = [];
  kept: number[] = [];
  failing = false;
  attempts = 0;
  readonly #clock: FakeClock;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  async run(_options?: ScheduledRunOptions): Promise<void> {
    this.attempts += 1;
    if (this.failing) throw new Error('no backup');
    this.made.push(this.#clock.now());
    this.kept.push(this.#clock.now());
  }

  async retain(): Promise<void> {
    const plan = planRetention(this.kept.map(backupAt), retentionPresets.crm, { now: this.#clock.now() });
    const gone = new Set(plan.decisions.filter(({ action }) => action === 'remove').map(({ id }) => id));
    this.kept = this.kept.filter((at) => !gone.has(String(at)));
  }

  async drill(_options?: unknown): Promise<void> {
    this.drilled.push(this.#clock.now());
  }

  async history(): Promise<{ backups: readonly number[]; drills: readonly number[] }> {
    return { backups: this.kept, drills: this.drilled };
  }
}

function backupAt(madeAt: number): RetainableBackup {
  return { id: String(madeAt), madeAt, isGood: true, verified: [], sources: ['db'] };
}

function started(
  shelf: SchedulableBackups,
  clock: FakeClock,
  options: Partial<BackupScheduleOptions> = {},
): ReturnType<typeof createBackupSchedule> {
  const schedule = createBackupSchedule(shelf, { backup: '0 2 * * *', clock, jitter: 0, ...options });
  onTestFinished(() => schedule.close());
  return schedule;
}

/** Written another way than the planner: the last moment of each of the last `count` periods. */
function newestOfLast(
  count: number,
  moments: readonly number[],
  period: (at: Date) => string,
): readonly number[] {
  const byPeriod = new Map<string, number>();
  for (const at of moments.toSorted((a, b) => a - b)) byPeriod.set(period(new Date(at)), at);
  return [...byPeriod.values()].slice(-count);
}

/** The Monday that begins a week names it. */
function monday(at: Date): string {
  const days = (at.getUTCDay() + 6) % 7;
  return new Date(at.getTime() - days * day).toISOString().slice(0, 10);
}

const iso = (moments: readonly number[]) => moments.map((at) => new Date(at).toISOString());

describe('createBackupSchedule', () => {
  it('[row 94] over 400 days keeps exactly what daily, weekly and monthly say of everything ever made, and catches up what was missed', async () => {
    const clock = createFakeClock({ now: Date.UTC(2026, 10, 22, 5) });
    const shelf = new Shelf(clock);
    let schedule = started(shelf, clock, { jitter: '30s', random: () => 0.5 });
    for (let passed = 0; passed < 400; passed += 1) {
      if (passed === 100) await schedule.close(); // nobody is there for three days
      if (passed === 103) schedule = started(shelf, clock, { jitter: '30s', random: () => 0.5 });
      shelf.failing = passed >= 200 && passed < 203;
      await clock.advance(day);
      const gfs = [
        ...newestOfLast(7, shelf.made, (at) => at.toISOString().slice(0, 10)),
        ...newestOfLast(5, shelf.made, monday),
        ...newestOfLast(12, shelf.made, (at) => at.toISOString().slice(0, 7)),
      ];
      expect(iso(shelf.kept.toSorted((a, b) => a - b)), `after ${passed + 1} days`).toEqual(
        iso([...new Set(gfs)].toSorted((a, b) => a - b)),
      );
    }
    const start = Date.UTC(2026, 10, 22, 5);
    const nights = Array.from({ length: 400 }, (_, night) => start + night * day + 21 * hour + 15_000);
    const expected = [
      start + 15_000, // there was none at all
      ...nights.slice(0, 100),
      start + 103 * day + 15_000, // caught up when somebody is there again
      ...nights.slice(103, 200),
      ...nights.slice(203),
    ];
    expect(iso(shelf.made)).toEqual(iso(expected));
    expect(shelf.attempts - shelf.made.length).toBe(3 * 3);
    expect(shelf.kept.length).toBeLessThanOrEqual(7 + 5 + 12);
  });

  it('tries a failed run again after 10 and 20 minutes, then waits for its next time; nothing is pruned meanwhile', async () => {
    const clock = createFakeClock();
    const shelf = new Shelf(clock);
    shelf.failing = true;
    let pruned = 0;
    shelf.retain = async () => {
      pruned += 1;
    };
    const { logger, lines } = recordingLogger();
    started(shelf, clock, { logger });
    await clock.advance(0);
    expect(shelf.attempts).toBe(1);
    await clock.advance(10 * minute);
    expect(shelf.attempts).toBe(2);
    await clock.advance(20 * minute);
    expect(shelf.attempts).toBe(3);
    expect(lines.map(({ level }) => level)).toEqual(['warn', 'warn', 'error']);
    await clock.advance(90 * minute - 1);
    expect(shelf.attempts).toBe(3);
    shelf.failing = false;
    await clock.advance(1);
    expect([shelf.attempts, shelf.made.length, pruned]).toEqual([4, 1, 1]);
  });

  it('a doubled wait for another attempt does not reach beyond the next time', async () => {
    const clock = createFakeClock();
    const shelf = new Shelf(clock);
    const tried: number[] = [];
    shelf.run = async () => {
      tried.push(clock.now());
      throw new Error('no backup');
    };
    const schedule = started(shelf, clock, { attempts: 20, retryAfter: '1h' });
    for (let night = 0; night < 3; night += 1) {
      const next = schedule.next().backup?.getTime();
      await clock.advance(day);
      expect(tried).toContain(next);
    }
  });

  it('a clock that is set back, and a backup dated in the future, stop no backups', async () => {
    const clock = createFakeClock();
    const shelf = new Shelf(clock);
    started(shelf, clock);
    await clock.advance(day);
    clock.jump(300 * day);
    await clock.advance(day);
    const before = shelf.made.length;
    clock.jump(-300 * day);
    await clock.advance(3 * day);
    expect(shelf.made.length - before).toBe(1 + 3); // what the true calendar lacks is caught up first
    // Retention is halted meanwhile: one of the two clocks was wrong, so nothing went.
    expect(shelf.kept).toEqual(expect.arrayContaining(shelf.made.slice(-4)));
  });

  it('without catchUp nothing is made up for', async () => {
    const clock = createFakeClock();
    const shelf = new Shelf(clock);
    started(shelf, clock, { catchUp: false });
    await clock.advance(hour);
    expect(shelf.made).toEqual([]);
    await clock.advance(hour);
    expect(shelf.made).toHaveLength(1);
  });

  it('keeps to the time zone that is asked for, also where its clocks change', async () => {
    const clock = createFakeClock({ now: Date.UTC(2026, 2, 27, 12) });
    const shelf = new Shelf(clock);
    const schedule = started(shelf, clock, {
      backup: '30 2 * * *',
      timeZone: 'Europe/Berlin',
      catchUp: false,
      drill: '0 4 1 * *',
    });
    expect(schedule.next().drill?.toISOString()).toBe('2026-04-01T02:00:00.000Z');
    await clock.advance(4 * day);
    expect(iso(shelf.made)).toEqual([
      '2026-03-28T01:30:00.000Z',
      '2026-03-29T01:00:00.000Z', // 02:30 did not exist
      '2026-03-30T00:30:00.000Z',
      '2026-03-31T00:30:00.000Z',
    ]);
  });

  it('drills at times of its own, while a backup runs too', async () => {
    const clock = createFakeClock({ now: Date.UTC(2026, 0, 15) });
    const shelf = new Shelf(clock);
    shelf.drilled.push(clock.now() - day);
    started(shelf, clock, { drill: '0 2 1 * *' });
    await clock.advance(60 * day);
    expect(iso(shelf.drilled.slice(1))).toEqual(['2026-02-01T02:00:00.000Z', '2026-03-01T02:00:00.000Z']);
    expect(shelf.made).toHaveLength(61);
  });

  it('where both are due the backup comes first, so that the drill is of it', async () => {
    const clock = createFakeClock();
    const shelf = new Shelf(clock);
    const order: string[] = [];
    shelf.run = async () => {
      await sleep(clock, hour);
      order.push('backup');
    };
    shelf.drill = async () => void order.push('drill');
    started(shelf, clock, { drill: '0 4 1 * *' });
    await clock.advance(hour - 1);
    expect(order).toEqual([]);
    await clock.advance(1);
    expect(order).toEqual(['backup', 'drill']);
  });

  it('a drill that found a bad backup is done; one that could not be tried is tried again', async () => {
    const clock = createFakeClock({ now: Date.UTC(2026, 0, 1) });
    const shelf = new Shelf(clock);
    shelf.made.push(clock.now());
    let drills = 0;
    shelf.drill = async () => {
      drills += 1;
      throw drills === 1 ? new Error('the scratch server is down') : new DrillError([]);
    };
    const { logger, lines } = recordingLogger();
    started(shelf, clock, { backup: '0 0 1 1 *', drill: '0 2 1 * *', logger });
    await clock.advance(day);
    // The one that was missed, once more, and the one of this night.
    expect(drills).toBe(3);
    expect(lines.map(({ level }) => level)).toEqual(['warn', 'error', 'error']);
  });

  it('close() stops the run that is under way, waits for it, and starts no more', async () => {
    const clock = createFakeClock();
    let ended = false;
    const hanging: SchedulableBackups = {
      history: async () => ({ backups: [], drills: [] }),
      run: ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            setTimeout(() => {
              ended = true;
              reject(signal.reason);
            }, 20);
          });
        }),
    };
    const { logger, lines } = recordingLogger();
    const schedule = started(hanging, clock, { logger });
    await clock.advance(hour);
    await Promise.all([schedule.close(), schedule.close()]);
    expect(ended).toBe(true);
    expect(clock.pending).toBe(0);
    expect(lines).toEqual([]);
  });

  it('passes progress on, with bytes and their rate', async () => {
    const clock = createFakeClock();
    const seen: BackupProgress[] = [];
    const report = progressReport((progress) => seen.push(progress), clock);
    const tell = (stage: BackupProgress['stage'], rawBytes: number) =>
      report.tell({ source: 'db', stage, rawBytes, bytes: 0 });
    tell('verify', 0);
    await clock.advance(10_000);
    tell('restore', 0);
    await clock.advance(2_000);
    tell('restore', 5_000_000);
    await clock.advance(500);
    tell('restore', 6_000_000);
    report.finish();
    expect(seen.map(({ stage, rawBytesPerSecond }) => [stage, rawBytesPerSecond])).toEqual([
      ['verify', 0],
      ['restore', 0],
      ['restore', 2_500_000],
      ['restore', 2_400_000],
    ]);
    const passed: unknown[] = [];
    const shelf = new Shelf(clock);
    shelf.run = async (options?: ScheduledRunOptions) => {
      const [progress] = seen;
      if (progress !== undefined) options?.onProgress?.(progress);
    };
    started(shelf, clock, { onProgress: (progress) => passed.push(progress) });
    await clock.advance(1);
    expect(passed).toEqual([seen[0]]);
  });

  it('while another instance holds the lock it waits, and does the work itself when that one dies over it', async () => {
    const clock = createFakeClock();
    const shelf = new Shelf(clock);
    let isTaken = true;
    const lock: RunLock = {
      async tryHold<T>(_job: string, work: (signal: AbortSignal) => Promise<T>): Promise<Held<T>> {
        if (isTaken) return { held: false };
        return { held: true, value: await work(new AbortController().signal) };
      },
    };
    started(shelf, clock, { lock });
    await clock.advance(12 * minute);
    expect(shelf.attempts).toBe(0);
    isTaken = false;
    await clock.advance(5 * minute);
    expect(shelf.attempts).toBe(1);
    await clock.advance(hour);
    expect(shelf.attempts).toBe(1);
  });

  it.each([
    [{ backup: '0 2 * *' }, /"backup" must be a cron expression of five fields/],
    [{ backup: '0 25 * * *' }, /"backup" must be a cron expression/],
    [{ backup: '0 0 31 2 *' }, /"backup" must be an expression that fits some day/],
    [{ backup: '0 2 * * *', timeZone: 'Mars/Olympus' }, /"timeZone" must be an IANA name/],
    [{ backup: '0 2 * * *', drill: 'monthly' }, /"drill" must be a cron expression/],
    [{ backup: '0 2 * * *', attempts: 0 }, /"attempts" must be a whole number/],
    [{ backup: '0 2 * * *', cathUp: true }, /Did you mean "catchUp"/],
  ])('refuses %o', (options, message) => {
    const shelf = new Shelf(createFakeClock());
    expect(() => createBackupSchedule(shelf, options)).toThrow(message);
  });
});
