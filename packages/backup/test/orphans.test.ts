import { randomBytes } from 'node:crypto';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { S3 } from '@aws-sdk/client-s3';
import { BackupError, createBackups, files, local, s3 } from '@seaworthy/backup';
import { createFakeClock, size, spawnNode, startS3, waitFor } from '@seaworthy/testkit';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { fakeSource } from './support/fake-source.js';
import { filesIn, recordingLogger, temporaryFolder } from './support/fixtures.js';

vi.setConfig({ testTimeout: size({ test: 120_000, soak: 900_000 }) });

const { signal } = new AbortController();
const mib = 1024 * 1024;
const halfDay = 13 * 3_600_000;
const recipient = 'age16mg5rkrhgqffkvy3wvp5uw7gq4zl74zqglp3mja2deu5amnjng3q48xfvg';
const script = join(import.meta.dirname, 'fixtures/run-until-killed.mjs');

/** More than one part of an upload. */
async function appFolder(): Promise<string> {
  const root = join(await temporaryFolder(), 'app');
  await mkdir(root);
  await writeFile(join(root, 'random'), randomBytes(6 * mib));
  return root;
}

async function place() {
  const clock = createFakeClock();
  const fake = await startS3({ now: () => clock.now() });
  onTestFinished(() => fake.close());
  const client = new S3({ ...fake.config, maxAttempts: 1 });
  onTestFinished(() => client.destroy());
  const root = await appFolder();
  const target = s3({ client, bucket: 'b', partSize: '5mb', clock });
  const { logger, lines } = recordingLogger();
  const backups = createBackups({ sources: { app: files({ root }) }, targets: [target], clock, logger });
  onTestFinished(() => backups.close());
  const env = { ROOT: root, RECIPIENT: recipient, S3_CONFIG: JSON.stringify(fake.config) };
  return { clock, fake, target, root, backups, lines, env, bucket: fake.bucket('b') };
}

type Place = Awaited<ReturnType<typeof place>>;

/** The next run leaves alone what may still be somebody's; the one after half a day removes it, and nothing else. */
async function expectCleanedInTime({ clock, target, backups, bucket }: Place, good: string): Promise<void> {
  const left = { keys: bucket.keys(), uploads: [...bucket.uploads.keys()] };
  const second = await backups.run();
  expect(bucket.keys()).toEqual(expect.arrayContaining([...left.keys]));
  expect([...bucket.uploads.keys()]).toEqual(left.uploads);

  clock.jump(halfDay);
  const alive = await target.stage('20260102T030405Z-0123abcd/db.sql.zst', { signal });
  for (let count = 0; count < 6; count += 1) await alive.write(randomBytes(mib));
  const third = await backups.run();
  const ids = [good, second.id, third.id];
  expect([...new Set(bucket.keys().map((key) => key.split('/')[0]))]).toEqual(ids.toSorted());
  expect([...bucket.uploads.values()].map(({ key }) => key)).toEqual([
    '20260102T030405Z-0123abcd/db.sql.zst',
  ]);
  for (const id of ids) expect(await backups.verify(id)).toMatchObject({ ok: true, level: 'structure' });
  expect(bucket.overwritten).toEqual([]);
  await alive.discard();
}

describe('what a run that was killed left in a bucket', () => {
  it('[row 99] is removed by a run half a day later, whichever name it died before, and nothing that is good', async () => {
    const here = await place();
    const { id } = await here.backups.run();
    const names = size({
      test: ['SHA256SUMS'],
      soak: ['app.tar.zst.age', 'SHA256SUMS', 'manifest.json'],
    });
    for (const name of names) {
      await using child = spawnNode(script, { env: { ...here.env, KILL_BEFORE: name } });
      await child.exited;
    }
    expect(here.bucket.keys().length + here.bucket.uploads.size).toBeGreaterThan(3);
    expect(await here.backups.list()).toHaveLength(1);
    await expectCleanedInTime(here, id);
    expect(here.lines.filter(({ level }) => level === 'warn')).toMatchObject([
      {
        message: expect.stringContaining('died before their manifest'),
        fields: { target: here.target.name },
      },
    ]);
  });

  it.each(size({ test: ['silence'], soak: ['silence', 'lost answer'] } as const))(
    'when it was killed within the last call of an upload (%s) is removed, too',
    async (kind) => {
      const here = await place();
      const { id } = await here.backups.run();
      here.fake.fault({ operation: 'CompleteMultipartUpload', kind });
      const before = here.fake.calls.length;
      await using child = spawnNode(script, { env: here.env });
      await waitFor(
        () => here.fake.calls.slice(before).some(({ operation }) => operation === 'CompleteMultipartUpload'),
        { what: 'the commit', timeoutMs: 60_000 },
      );
      child.kill('SIGKILL');
      await child.exited;
      expect(here.bucket.keys().length + here.bucket.uploads.size).toBeGreaterThan(3);
      await expectCleanedInTime(here, id);
    },
  );
});

describe('objects without a manifest', () => {
  it('stay when the run failed, the clock went back, they are of another program, or have the names of the script before', async () => {
    const clock = createFakeClock();
    const folder = await temporaryFolder();
    const orphan = '20250102T030405Z-0123abcd';
    const foreign = ['kpi_backup_20250101_020000.sql.gz', 'holiday.mp4', 'archive.tar'];
    await mkdir(join(folder, orphan));
    for (const name of [...foreign, `${orphan}/db.sql.zst`]) {
      await writeFile(join(folder, name), 'bytes');
      await utimes(join(folder, name), 0, 0); // copied with its time: it came here just now
    }
    const source = fakeSource();
    const backups = createBackups({ sources: { db: source }, targets: [local(folder)], clock });
    const isThere = async (): Promise<boolean> =>
      (await filesIn(folder)).some((name) => name.startsWith(orphan));

    clock.jump(Date.now() - clock.now() - 365 * 86_400_000);
    await backups.run();
    expect(await isThere(), 'the clock went back').toBe(true);
    clock.jump(365 * 86_400_000);
    await backups.run();
    expect(await isThere(), 'just copied').toBe(true);
    clock.jump(halfDay);
    source.fails(new BackupError('the dump broke off', { code: 'BACKUP_TOOL_FAILED', stage: 'dump' }));
    await expect(backups.run()).rejects.toThrow();
    expect(await isThere(), 'the run failed').toBe(true);
    source.fails(undefined);
    await backups.run();
    expect(await isThere(), 'half a day later').toBe(false);
    expect(await filesIn(folder)).toEqual(expect.arrayContaining(foreign));
    expect((await backups.list()).map(({ status }) => status)).toEqual(['complete', 'complete', 'complete']);

    const kpi = createBackups({ sources: { db: source }, targets: [local(folder)], preset: 'kpi', clock });
    await kpi.run();
    expect(await filesIn(folder)).toEqual(expect.arrayContaining(foreign));
  });
});
