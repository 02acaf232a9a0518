import { copyFile, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createBackups, files, local, type VerifyLevel } from '@seaworthy/backup';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './support/fixtures.js';

async function setting() {
  const [root, one, two] = [await temporaryFolder(), await temporaryFolder(), await temporaryFolder()];
  const backups = createBackups({ sources: { app: files({ root }) }, targets: [local(one), local(two)] });
  await writeFile(join(root, 'a.txt'), 'as it was');
  const older = await backups.run();
  await writeFile(join(root, 'a.txt'), 'as it is');
  const { id, artifacts } = await backups.run();
  expect(await backups.verify(id)).toMatchObject({ ok: true, findings: [] });
  return { backups, id, key: artifacts[0]?.key ?? '', older, one, two };
}

describe('verify', () => {
  it.each([
    ['are gone', async (file: string) => rm(file)],
    ['are others', async (file: string) => writeFile(file, `${'0'.repeat(64)}  app.tar.zst\n`)],
  ])('finds that the checksums %s, which people restore by', async (_how, harm) => {
    const { backups, id, two } = await setting();
    await harm(join(two, id, 'SHA256SUMS'));
    expect(await backups.verify(id)).toMatchObject({
      ok: false,
      findings: [
        {
          target: expect.stringContaining(two),
          source: undefined,
          code: 'BACKUP_CORRUPT',
          message: expect.stringContaining('SHA256SUMS'),
        },
      ],
    });
  });

  it('finds a copy that was replaced by an older backup, manifest and all', async () => {
    const { backups, id, key, older, one, two } = await setting();
    const before = older.artifacts[0]?.key ?? '';
    await copyFile(join(one, before), join(two, key));
    await copyFile(join(one, older.id, 'SHA256SUMS'), join(two, id, 'SHA256SUMS'));
    const manifest = await readFile(join(one, older.id, 'manifest.json'), 'utf8');
    await writeFile(join(two, id, 'manifest.json'), manifest.replaceAll(older.id, id));
    expect(await backups.verify(id)).toMatchObject({
      ok: false,
      findings: [{ target: expect.stringContaining(two), code: 'BACKUP_CORRUPT' }],
    });
  });

  it('refuses a level that it does not know', async () => {
    const { backups, id } = await setting();
    const level = String('everything') as VerifyLevel;
    await expect(backups.verify(id, { level })).rejects.toThrow(/"level" must be/);
  });
});
