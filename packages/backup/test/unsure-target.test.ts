import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BackupError, type BackupTarget, createBackups, local, type Manifest } from '@seaworthy/backup';
import { createFakeClock, waitFor } from '@seaworthy/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findBackup, listBackups } from '../src/manifest/catalog.js';
import { removeBackup } from '../src/manifest/remove-backup.js';
import { readObject } from '../src/restore/read-artifact.js';
import { fakeSource } from './support/fake-source.js';
import { filesIn, temporaryFolder } from './support/fixtures.js';
import { harmedTarget } from './support/harmed-target.js';

const noAnswer = new BackupError('Looking failed (ECONNREFUSED).', {
  code: 'BACKUP_READ_FAILED',
  stage: 'read',
});

const unreachable: BackupTarget = {
  name: 'bucket far away',
  stage: () => Promise.reject(noAnswer),
  head: () => Promise.reject(noAnswer),
  async *read() {
    yield Buffer.from('a');
    throw noAnswer;
  },
  async *keys() {
    yield* [];
    throw noAnswer;
  },
  delete: () => Promise.reject(noAnswer),
  sweep: async () => undefined,
};

async function oneBackup(): Promise<{
  readonly folder: string;
  readonly target: BackupTarget;
  readonly made: Manifest;
}> {
  const folder = await temporaryFolder();
  const target = local(folder);
  const backups = createBackups({ sources: { db: fakeSource(), web: fakeSource() }, targets: [target] });
  onTestFinished(() => backups.close());
  return { folder, target, made: await backups.run() };
}

describe('a target that gives no answer', () => {
  it('does not keep a restore from the copy in the next one', async () => {
    const { target, made } = await oneBackup();
    expect((await findBackup([unreachable, target], made.id, {})).target).toBe(target);
    await expect(findBackup([unreachable], made.id, {})).rejects.toMatchObject({
      code: 'BACKUP_READ_FAILED',
    });
  });

  it.each([
    ['is out of reach', noAnswer, 'BACKUP_READ_FAILED'],
    ['has no file to spare', Object.assign(new Error('open'), { code: 'EMFILE' }), 'BACKUP_READ_FAILED'],
    ['may not be read', Object.assign(new Error('open'), { code: 'EACCES' }), 'BACKUP_READ_FAILED'],
    ['has a disk that lost it', Object.assign(new Error('read'), { code: 'EIO' }), 'BACKUP_CORRUPT'],
    ['has it no longer', Object.assign(new Error('open'), { code: 'ENOENT' }), 'BACKUP_CORRUPT'],
  ])(
    'because it %s, makes the backup a corrupt one, which a drill would hold against it, only where its bytes are lost',
    async (_why, error, code) => {
      const { target, made } = await oneBackup();
      const [artifact] = made.artifacts;
      if (artifact === undefined) throw new Error('no artifact');
      const failing: BackupTarget = {
        ...target,
        async *read() {
          yield Buffer.from('a');
          throw error;
        },
      };
      const reading = async (): Promise<void> => {
        for await (const _chunk of readObject({
          target: failing,
          artifact,
          signal: new AbortController().signal,
        }));
      };
      await expect(reading()).rejects.toMatchObject({ code });
    },
  );
});

describe('a copy that may not be looked at', () => {
  it('is a finding of verify, beside what it finds in the others', async () => {
    const { target, made } = await oneBackup();
    const denied = Object.assign(new Error('open'), { code: 'EACCES' });
    const forbidden: BackupTarget = { ...target, name: 'the attic', head: () => Promise.reject(denied) };
    const backups = createBackups({ sources: { db: fakeSource() }, targets: [forbidden, target] });
    onTestFinished(() => backups.close());
    expect(await backups.verify(made.id)).toMatchObject({
      ok: false,
      findings: [
        {
          target: 'the attic',
          source: undefined,
          code: 'BACKUP_READ_FAILED',
          message: 'The backup in the attic cannot be read (EACCES).',
        },
      ],
    });
  });
});

describe('a target that gives no answer in the middle of a list', () => {
  it.each(['read', 'head'] as const)('to %s makes no backup a damaged one', async (call) => {
    const { target } = await oneBackup();
    const failing: BackupTarget = { ...target, [call]: unreachable[call] };
    const backups = createBackups({
      sources: { db: fakeSource() },
      targets: [failing],
      retention: { keepLast: 1 },
    });
    onTestFinished(() => backups.close());
    for (const ask of [() => backups.list(), () => backups.plan(), () => backups.status()])
      await expect(ask()).rejects.toMatchObject({ code: 'BACKUP_READ_FAILED' });
  });
});

describe('a target whose sweep hangs', () => {
  const never = new Promise<never>(() => undefined);

  it('holds up no close', async () => {
    const target: BackupTarget = { ...local(await temporaryFolder()), sweep: () => never };
    const backups = createBackups({ sources: { db: fakeSource() }, targets: [target] });
    const running = expect(backups.run()).rejects.toMatchObject({ code: 'BACKUP_CLOSED' });
    await backups.close();
    await running;
  });

  it('costs five minutes, and no backup', async () => {
    const clock = createFakeClock();
    let isSwept = false;
    const sweep = (): Promise<never> => {
      isSwept = true;
      return never;
    };
    const target: BackupTarget = { ...local(await temporaryFolder()), sweep };
    const backups = createBackups({ sources: { db: fakeSource() }, targets: [target], clock });
    onTestFinished(() => backups.close());
    const running = backups.run();
    await waitFor(() => isSwept, { what: 'the sweep' });
    await clock.advance(5 * 60_000);
    const { id } = await running;
    expect(await backups.list()).toMatchObject([{ id, status: 'complete' }]);
  });
});

describe('a dump that somebody removes', () => {
  it('before its manifest is written makes no backup', async () => {
    const folder = await temporaryFolder();
    const target = harmedTarget(local(folder), async (_at, step, key) => {
      if (step !== 'commit' || !key.endsWith('manifest.json')) return;
      throw new Error('the manifest must not be tried');
    });
    const removing = harmedTarget(target, async (_at, step, key) => {
      if (step === 'commit' && key.endsWith('SHA256SUMS'))
        await rm(join(folder, key.replace('SHA256SUMS', 'db.sql.zst')), { force: true });
    });
    const backups = createBackups({ sources: { db: fakeSource() }, targets: [removing] });
    await expect(backups.run()).rejects.toMatchObject({ code: 'BACKUP_CORRUPT', stage: 'commit' });
    expect(await filesIn(folder)).toEqual([]);
  });
});

describe('a backup that goes away', () => {
  it('while the list is read is neither damaged nor a failure', async () => {
    const { folder, target, made } = await oneBackup();
    for (const goes of ['manifest.json', '']) {
      const racing: BackupTarget = {
        ...target,
        async *keys(prefix) {
          for await (const key of target.keys(prefix)) {
            if (key.endsWith('manifest.json')) await rm(join(folder, made.id, goes), { recursive: true });
            yield key;
          }
        },
      };
      expect(await listBackups([racing], {})).toEqual([]);
    }
  });

  it('goes as far as the target lets it, when a note beside it is locked for longer', async () => {
    const { folder, target, made } = await oneBackup();
    const locked = `${made.id}/db.sql.zst`;
    const keeping: BackupTarget = {
      ...target,
      delete: (key) =>
        key === locked
          ? Promise.reject(new BackupError('It is locked.', { code: 'BACKUP_LOCKED', stage: 'write' }))
          : target.delete(key),
    };
    await expect(removeBackup(keeping, made.id, {})).rejects.toMatchObject({ code: 'BACKUP_LOCKED' });
    expect(await filesIn(folder)).toEqual([locked]);
  });
});
