import { S3 } from '@aws-sdk/client-s3';
import { BackupError, type Backups, createBackups, s3 } from '@seaworthy/backup';
import { createFakeClock, size, startS3, waitFor } from '@seaworthy/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fakeSource } from './support/fake-source.js';
import { recordingLogger } from './support/fixtures.js';

async function place() {
  const fake = await startS3();
  onTestFinished(() => fake.close());
  const client = new S3({ ...fake.config, maxAttempts: 1 });
  onTestFinished(() => client.destroy());
  const clock = createFakeClock();
  const { logger, lines } = recordingLogger();
  // A request may take hours here: whatever ends sooner does so because it was told to.
  const target = s3({ client, bucket: 'b', requestTimeout: '5h' });
  const make = (): Backups =>
    createBackups({
      sources: { db: fakeSource() },
      targets: [target],
      retention: { keepLast: 1, minGood: 1 },
      clock,
      logger,
      cleanupTimeout: '300ms',
    });
  return { fake, clock, make, lines };
}

const silent = { kind: 'silence', times: 1_000 } as const;

describe('while a bucket gives no answer', () => {
  it.each([
    ['list', (backups: Backups) => backups.list()],
    ['status', (backups: Backups) => backups.status()],
    ['history', (backups: Backups) => backups.history()],
    ['plan', (backups: Backups) => backups.plan()],
    ['retain', (backups: Backups) => backups.retain()],
    ['verify', (backups: Backups) => backups.verify('20260102T030405Z-0123abcd')],
    ['run', (backups: Backups) => backups.run()],
  ] as const)('close() ends %s at once', async (_name, start) => {
    const { fake, make } = await place();
    const backups = make();
    fake.fault(silent);
    const working = expect(start(backups)).rejects.toMatchObject({ code: 'BACKUP_CLOSED' });
    await waitFor(() => fake.calls.length > 0, { what: 'a call' });
    await backups.close();
    await working;
  });

  it.each(size({ test: ['HeadObject'], soak: ['ListObjectsV2', 'HeadObject', 'DeleteObject'] } as const))(
    'an abort ends a prune that waits for %s at once, with its reason',
    async (operation) => {
      const { fake, clock, make } = await place();
      const backups = make();
      onTestFinished(() => backups.close());
      for (const _ of [1, 2]) {
        await backups.run();
        clock.jump(86_400_000);
      }
      const plan = await backups.plan();
      fake.fault({ ...silent, operation });
      const before = fake.calls.length;
      const stop = new AbortController();
      const pruning = expect(backups.prune(plan, { signal: stop.signal })).rejects.toThrow('enough');
      await waitFor(() => fake.calls.slice(before).some((call) => call.operation === operation), {
        what: 'it',
      });
      stop.abort(new Error('enough'));
      await pruning;
      fake.clearFaults();
      expect((await backups.list()).length).toBeGreaterThan(0);
    },
  );

  it('a health check stops with its probe', async () => {
    const { fake, make } = await place();
    const backups = make();
    onTestFinished(() => backups.close());
    fake.fault(silent);
    const stop = new AbortController();
    const probing = expect(backups.healthCheck().probe(stop.signal)).rejects.toThrow('too slow');
    await waitFor(() => fake.calls.length > 0, { what: 'a call' });
    stop.abort(new Error('too slow'));
    await probing;
  });

  it('a health check that is asked every few seconds reads the bucket once a minute, and waits for no reading but the first', async () => {
    const { fake, clock, make } = await place();
    const backups = make();
    onTestFinished(() => backups.close());
    const { id } = await backups.run();
    const check = make().healthCheck(); // of another instance, which has not looked yet
    const probe = () => check.probe(AbortSignal.timeout(60_000));
    const figures = await probe();
    const read = fake.calls.length;
    for (let times = 0; times < 11; times += 1) {
      await clock.advance(5_000);
      expect(await probe()).toEqual(figures);
    }
    expect(fake.calls).toHaveLength(read);

    fake.fault({ kind: 'silence', times: 1 });
    await clock.advance(5_000);
    expect(await probe()).toEqual(figures); // while a newer answer is waited for
    await waitFor(() => fake.calls.length > read, { what: 'the bucket to be asked again' });
    await clock.advance(15 * 60_000); // that one was given up
    const later = await backups.run();
    expect(later.id).not.toBe(id);
    expect(await probe()).toMatchObject({ madeAt: later.startedAt });
  });

  it('a health check tells that the bucket failed, and that it is back', async () => {
    const { fake, clock, make } = await place();
    const backups = make();
    onTestFinished(() => backups.close());
    await backups.run();
    const check = backups.healthCheck();
    const probe = () => check.probe(AbortSignal.timeout(60_000));
    await probe();
    fake.fault({ kind: 'error', status: 403, code: 'AccessDenied', times: 1_000 });
    await clock.advance(60_000);
    await probe();
    await waitFor(
      () =>
        probe().then(
          () => false,
          (error: unknown) => BackupError.is(error),
        ),
      { what: 'the failure to be told' },
    );
    fake.clearFaults();
    expect(await probe()).toMatchObject({ bytes: expect.any(Number) });
  });

  it.each(['PutObject', 'GetObject'] as const)(
    'close() in the commit of a run (%s) takes back for cleanupTimeout what it can, and ends',
    async (operation) => {
      const { fake, make, lines } = await place();
      const backups = make();
      fake.fault({ ...silent, operation });
      const running = backups.run().catch((error: unknown) => error);
      await waitFor(() => fake.calls.some((call) => call.operation === operation), { what: 'the commit' });
      fake.fault(silent); // now everything
      await backups.close();
      expect(await running).toMatchObject({ code: 'BACKUP_CLOSED' });
      expect(lines.map(({ message }) => message)).toContain(
        'What a failed backup had staged could not be removed; a later run will.',
      );
      fake.clearFaults();
      expect(await make().list()).toEqual([]);
    },
  );

  it('a manifest that cannot be taken back keeps the dump that it names', async () => {
    const { fake, make } = await place();
    const backups = make();
    onTestFinished(() => backups.close());
    // The answer to the manifest's commit is lost, and nothing of the manifest is heard of until much later.
    fake.fault({ operation: 'PutObject', key: 'manifest.json', kind: 'lost answer' });
    fake.fault({ operation: 'PutObject', key: 'manifest.json', kind: 'silence', times: 1_000 });
    fake.fault({ operation: 'HeadObject', key: 'manifest.json', kind: 'silence', after: 1, times: 1_000 });
    const stop = new AbortController();
    const running = backups.run({ signal: stop.signal }).catch((error: unknown) => error);
    const puts = (): number =>
      fake.calls.filter(({ operation, key }) => operation === 'PutObject' && key.endsWith('manifest.json'))
        .length;
    await waitFor(() => puts() === 2, { what: 'the second attempt' });
    stop.abort(new Error('enough'));
    await waitFor(() => fake.calls.at(-1)?.operation === 'HeadObject', { what: 'the cleaning' });
    expect(String(await running)).toContain('enough');
    fake.clearFaults();
    expect(BackupError.is(await running)).toBe(false);
    const [entry] = await backups.list();
    expect(entry?.status).toBe('complete');
    expect(await backups.verify(entry?.id ?? '')).toMatchObject({ ok: true });
  });
});
