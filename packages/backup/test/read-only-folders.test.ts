import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createBackups, files, local, scratchFiles } from '@seaworthy/backup';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryFolder } from './support/fixtures.js';

/** Root may write everywhere: what is tested here happens to everybody else. */
function asNobody(): void {
  if (process.getuid?.() !== 0 || process.seteuid === undefined) return;
  process.seteuid(65_534);
  onTestFinished(() => process.seteuid?.(0));
}

it('folders that may not be written, restored by somebody who is not root, leave nothing of a drill or of a restore that failed', async () => {
  const [root, target, drills, place] = [
    await temporaryFolder(),
    await temporaryFolder(),
    await temporaryFolder(),
    await temporaryFolder(),
  ];
  for (const folder of [root, target, drills, place]) await chmod(folder, 0o777);
  asNobody();
  const locked = join(root, 'modules', 'locked');
  await mkdir(locked, { recursive: true });
  await writeFile(join(locked, 'a.txt'), 'read me');
  await chmod(locked, 0o555);
  onTestFinished(() => chmod(locked, 0o755));
  await using backups = createBackups({
    sources: { app: files({ root }) },
    targets: [local(join(target, 'backups'))],
    drill: {
      into: { app: scratchFiles({ folder: drills }) },
      invariants: {
        app: { 'it is there': async ({ folder }) => (await readdir(folder ?? '')).length === 1 },
      },
    },
  });
  const { id } = await backups.run();
  expect(await backups.drill()).toMatchObject([{ outcome: 'passed' }]);
  expect(await readdir(drills)).toEqual([]);

  const to = join(place, 'taken');
  await mkdir(to);
  await writeFile(join(to, 'in-the-way'), '');
  const force = ['not-empty'] as const;
  await expect(backups.restore(id, { to: files({ root: to }), confirm: to, force })).rejects.toMatchObject({
    code: 'RESTORE_FAILED',
  });
  expect(await readdir(place)).toEqual(['taken']);
});

it('a folder on PATH that its user may not look into is passed over', async () => {
  const [root, target, hidden] = [await temporaryFolder(), await temporaryFolder(), await temporaryFolder()];
  for (const folder of [root, target]) await chmod(folder, 0o777);
  await mkdir(join(hidden, 'bin'));
  const { PATH } = process.env;
  onTestFinished(() => {
    process.env.PATH = PATH;
  });
  process.env.PATH = `${join(hidden, 'bin')}:${PATH}`;
  await chmod(hidden, 0o000);
  asNobody();
  await using backups = createBackups({
    sources: { app: files({ root }) },
    targets: [local(join(target, 'backups'))],
  });
  await expect(backups.run()).resolves.toMatchObject({ artifacts: [{ source: 'app' }] });
});
