import { truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createBackups, local } from '@seaworthy/backup';
import { expect, it } from 'vitest';
import { fakeSource } from './support/fake-source.js';
import { temporaryFolder } from './support/fixtures.js';
import { recordingMetrics } from './support/recording-metrics.js';

it('a copy that lost bytes or its manifest is told by list, status and metrics, though another copy is whole', async () => {
  const [one, two] = [await temporaryFolder(), await temporaryFolder()];
  const { metrics, values } = recordingMetrics();
  await using backups = createBackups({
    sources: { db: fakeSource() },
    targets: [local(one), local(two)],
    metrics,
  });
  const first = await backups.run();
  const second = await backups.run();
  expect(await backups.status()).toMatchObject({ damaged: [], count: 2 });
  await truncate(join(two, first.artifacts[0]?.key ?? ''), 5);
  await writeFile(join(two, second.id, 'manifest.json'), '{');
  const damagedIn = [local(two).name];
  expect(await backups.list()).toEqual(
    expect.arrayContaining(
      [first, second].map(({ id }) =>
        expect.objectContaining({ id, status: 'complete', targets: [local(one).name], damagedIn }),
      ),
    ),
  );
  const { damaged, count } = await backups.status();
  expect(damaged.toSorted()).toEqual([first.id, second.id].toSorted());
  expect(count).toBe(2);
  expect(values.get('backup.damaged')).toBe(2);
});
