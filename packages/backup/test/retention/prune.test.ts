import { dirname } from 'node:path';
import { BackupError, type Backups, type BackupTarget, createBackups, local } from '@seaworthy/backup';
import { createFakeClock, type FakeClock } from '@seaworthy/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fakeSource } from '../support/fake-source.js';
import { filesIn, recordingLogger, temporaryFolder } from '../support/fixtures.js';

const day = 86_400_000;

interface Setting {
  readonly backups: Backups;
  readonly clock: FakeClock;
  readonly folder: string;
  readonly source: ReturnType<typeof fakeSource>;
  readonly lines: ReturnType<typeof recordingLogger>['lines'];
}

async function setting(wrap: (target: BackupTarget) => BackupTarget = (target) => target): Promise<Setting> {
  const folder = await temporaryFolder();
  const clock = createFakeClock();
  const source = fakeSource();
  const { logger, lines } = recordingLogger();
  const backups = createBackups({
    sources: { db: source },
    targets: [wrap(local(folder))],
    retention: { keepLast: 2 },
    clock,
    logger,
  });
  onTestFinished(() => backups.close());
  return { backups, clock, folder, source, lines };
}

/** Makes a backup a day; the ids, the oldest first. */
async function nights({ backups, clock }: Setting, count: number): Promise<readonly string[]> {
  const ids: string[] = [];
  for (let night = 0; night < count; night += 1) {
    ids.push((await backups.run()).id);
    clock.jump(day);
  }
  return ids;
}

const kept = async (backups: Backups) => (await backups.list()).map(({ id }) => id).toReversed();

describe('prune', () => {
  it('removes what the plan says and leaves nothing of it', async () => {
    const at = await setting();
    const ids = await nights(at, 5);
    const plan = await at.backups.plan();
    expect(await kept(at.backups)).toEqual(ids); // planning changed nothing
    const result = await at.backups.prune(plan);
    expect(result).toEqual({ removed: ids.slice(0, 3), kept: [] });
    expect(await kept(at.backups)).toEqual(ids.slice(3));
    const left = await filesIn(at.folder);
    expect(left.filter((file) => ids.slice(0, 3).some((id) => file.includes(id)))).toEqual([]);
    expect(left).toHaveLength(2 * 3);
  });

  it('refuses a plan when a backup came or went meanwhile, and removes nothing', async () => {
    const at = await setting();
    await nights(at, 4);
    const plan = await at.backups.plan();
    const [later] = await nights(at, 1);
    await expect(at.backups.prune(plan)).rejects.toMatchObject({ code: 'RETENTION_STALE' });
    expect(await kept(at.backups)).toHaveLength(5);
    const next = await at.backups.plan();
    await at.backups.prune(next);
    await expect(at.backups.prune(next)).rejects.toMatchObject({ code: 'RETENTION_STALE' });
    expect(await kept(at.backups)).toContain(later);
  });

  it('refuses a plan that was changed by hand', async () => {
    const at = await setting();
    await nights(at, 3);
    const plan = await at.backups.plan();
    const decisions = plan.decisions.map((decision) => ({ ...decision, action: 'remove' as const }));
    await expect(at.backups.prune({ ...plan, decisions })).rejects.toMatchObject({ code: 'RETENTION_STALE' });
    expect(await kept(at.backups)).toHaveLength(3);
  });

  it('[row 95] a failed run deletes nothing, and a clock that went back deletes nothing', async () => {
    const at = await setting();
    const ids = await nights(at, 2);
    await at.backups.retain();
    at.source.fails(new BackupError('broken', { code: 'BACKUP_TOOL_FAILED', stage: 'dump' }));
    for (let night = 0; night < 40; night += 1) {
      await expect(at.backups.run()).rejects.toThrow('broken');
      expect((await at.backups.retain()).removed).toEqual([]);
      at.clock.jump(day);
    }
    at.source.fails(undefined);
    const more = await nights(at, 2);
    at.clock.jump(-60 * day);
    expect((await at.backups.plan()).halted).toBeDefined();
    expect((await at.backups.retain()).removed).toEqual([]);
    expect(await kept(at.backups)).toEqual([...ids, ...more]);
  });

  it('what a target keeps locked stays, is told, and holds up nothing else', async () => {
    let locked = '';
    const at = await setting((target) => ({
      ...target,
      delete(key) {
        if (!key.startsWith(locked)) return target.delete(key);
        return Promise.reject(
          new BackupError('It is locked for 30 days.', { code: 'BACKUP_LOCKED', stage: 'write' }),
        );
      },
    }));
    const ids = await nights(at, 4);
    locked = ids[0] ?? '';
    const result = await at.backups.retain();
    expect(result.removed).toEqual([ids[1]]);
    expect(result.kept).toMatchObject([{ id: ids[0], error: { code: 'BACKUP_LOCKED' } }]);
    expect(at.lines.some(({ level, fields }) => level === 'warn' && fields.backup === ids[0])).toBe(true);
    expect(await kept(at.backups)).toEqual([ids[0], ids[2], ids[3]]);
  });

  it('without a policy nothing is planned and nothing goes', async () => {
    const backups = createBackups({
      sources: { db: fakeSource() },
      targets: [local(await temporaryFolder())],
    });
    await expect(backups.plan()).rejects.toMatchObject({ code: 'RETENTION_MISSING' });
    expect(await backups.retain()).toEqual({ removed: [], kept: [] });
    expect(() =>
      createBackups({ sources: { db: fakeSource() }, targets: [local('/tmp')], retention: {} }),
    ).toThrow(/at least one rule/);
  });
});

describe('prune, where a target took no backups for a while', () => {
  it('leaves it the newest good one that it has, says so, and removes it once it has a newer one', async () => {
    const [near, far] = [await temporaryFolder(), await temporaryFolder()];
    const clock = createFakeClock();
    const { logger, lines } = recordingLogger();
    let isFull = false;
    const away = local(far);
    const backups = createBackups({
      sources: { db: fakeSource() },
      targets: [
        local(near),
        {
          ...away,
          stage: (key, options) =>
            isFull ? Promise.reject(new Error('no space')) : away.stage(key, options),
        },
      ],
      requireTargets: 'any',
      retention: { keepDays: 3 },
      clock,
      logger,
    });
    onTestFinished(() => backups.close());
    const night = async (): Promise<string> => {
      clock.jump(day);
      return (await backups.run()).id;
    };
    const manifests = async (folder: string): Promise<readonly string[]> =>
      (await filesIn(folder)).filter((file) => file.endsWith('manifest.json')).map((file) => dirname(file));
    await night();
    const last = await night();
    isFull = true;
    for (let nights = 0; nights < 5; nights += 1) await night();
    const result = await backups.retain();
    expect(result.kept).toMatchObject([
      { id: last, target: away.name, error: { code: 'RETENTION_LAST_COPY' } },
    ]);
    expect(result.removed).not.toContain(last);
    expect(await manifests(far)).toEqual([last]);
    expect(await manifests(near)).toHaveLength(3);
    expect(lines.some(({ level, fields }) => level === 'warn' && fields.target === away.name)).toBe(true);
    isFull = false;
    const next = await night();
    expect((await backups.retain()).removed).toContain(last);
    expect(await manifests(far)).toEqual([next]);
  });
});
