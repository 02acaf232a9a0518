import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createBackups, files, local, scratchFiles } from '@seaworthy/backup';
import { expect, it } from 'vitest';
import { filesIn, temporaryFolder } from './support/fixtures.js';

it('what others keep beside the backups is no backup: it is not listed, counted as damaged, drilled, written to or removed', async () => {
  const folder = await temporaryFolder();
  const foreign = ['webapp/manifest.json', 'zz.manifest.json', 'copy-of-it/manifest.json', 'notes.txt'];
  for (const file of foreign) {
    await mkdir(join(folder, file, '..'), { recursive: true });
    await writeFile(join(folder, file), '{"name":"an app of somebody else"}');
  }
  const backups = createBackups({
    sources: { app: files({ root: await temporaryFolder() }) },
    targets: [local(folder)],
    retention: { keepLast: 1, minGood: 1 },
    drill: { into: { app: scratchFiles({ folder: await temporaryFolder() }) } },
  });
  await backups.run();
  const { id } = await backups.run();
  await backups.retain();
  expect(await backups.drill()).toMatchObject([{ backup: id, outcome: 'passed' }]);
  expect((await backups.list()).map((one) => one.id)).toEqual([id]);
  expect(await backups.status()).toMatchObject({ damaged: [], count: 1 });
  const left = await filesIn(folder);
  expect(left.filter((file) => !file.startsWith(id))).toEqual(foreign.toSorted());
});
