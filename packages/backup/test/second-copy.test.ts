import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BackupError, type BackupTarget, createBackups, files, local, scratchFiles } from '@seaworthy/backup';
import { describe, expect, it } from 'vitest';
import { recordingLogger, temporaryFolder } from './support/fixtures.js';

async function setting(wrap: (target: BackupTarget) => BackupTarget = (target) => target) {
  const [root, first, second, drills] = [
    await temporaryFolder(),
    await temporaryFolder(),
    await temporaryFolder(),
    await temporaryFolder(),
  ];
  await writeFile(join(root, 'a.txt'), 'what matters');
  const { logger, lines } = recordingLogger();
  const backups = createBackups({
    sources: { app: files({ root }) },
    targets: [wrap(local(first)), local(second)],
    drill: { into: { app: scratchFiles({ folder: drills }) } },
    logger,
  });
  const { id, artifacts } = await backups.run();
  const key = artifacts[0]?.key ?? '';
  const to = join(await temporaryFolder(), 'restored');
  const restore = () => backups.restore(id, { to: files({ root: to }), confirm: to });
  return { backups, id, first: join(first, key), second: join(second, key), to, restore, lines };
}

async function flip(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  await handle.write('X', 60);
  await handle.close();
}

describe('a restore of a backup with two copies', () => {
  it('takes the second when the first has other bytes, and says so', async () => {
    const at = await setting();
    await flip(at.first);
    await at.restore();
    expect(await readFile(join(at.to, 'a.txt'), 'utf8')).toBe('what matters');
    expect(at.lines.filter(({ level }) => level === 'warn')).toMatchObject([
      { fields: { backup: at.id, error: { code: 'BACKUP_CORRUPT' } } },
    ]);
  });

  it('takes the second when the first breaks off while it is read', async () => {
    let breaks = false;
    const at = await setting((target) => ({
      ...target,
      async *read(key, options) {
        if (breaks && key.includes('.tar'))
          throw new BackupError('no answer', { code: 'BACKUP_READ_FAILED', stage: 'read' });
        yield* target.read(key, options);
      },
    }));
    breaks = true;
    await at.restore();
    expect(await readFile(join(at.to, 'a.txt'), 'utf8')).toBe('what matters');
  });

  it('fails with what is wrong with the first when neither is good', async () => {
    const at = await setting();
    await flip(at.first);
    await flip(at.second);
    await expect(at.restore()).rejects.toMatchObject({ code: 'BACKUP_CORRUPT' });
  });

  it('is no way for a drill to pass over a bad copy', async () => {
    const at = await setting();
    await flip(at.first);
    await expect(at.backups.drill()).rejects.toMatchObject({ code: 'DRILL_FAILED' });
  });
});
