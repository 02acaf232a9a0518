import { createHash, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { S3 } from '@aws-sdk/client-s3';
import { BackupError, type BackupTarget, createBackups, postgres, s3 } from '@seaworthy/backup';
import {
  createFakeClock,
  createTestDatabase,
  describeWith,
  type S3Fake,
  size,
  startS3,
} from '@seaworthy/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { fingerprint, postgresBulk, postgresSchema, recordingLogger, sql } from './support/fixtures.js';

const { signal } = new AbortController();
const mib = 1024 * 1024;

interface Place {
  readonly fake: S3Fake;
  readonly target: BackupTarget;
}

type Options = Omit<Parameters<typeof s3>[0], 'client' | 'bucket'>;

async function place(options: Options = {}, fakeOptions: Parameters<typeof startS3>[0] = {}): Promise<Place> {
  const fake = await startS3(fakeOptions);
  onTestFinished(() => fake.close());
  const client = new S3({ ...fake.config, maxAttempts: 1 }); // ours are the attempts under test
  onTestFinished(() => client.destroy());
  // The smallest parts that S3 takes: what is large here has two.
  return { fake, target: s3({ client, bucket: 'b', prefix: 'kpi/', partSize: '5mib', ...options }) };
}

function digest(bytes: Buffer) {
  return { bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

async function put(target: BackupTarget, key: string, bytes: Buffer): Promise<void> {
  const object = await target.stage(key, { signal });
  try {
    for (let at = 0; at < bytes.length; at += mib) await object.write(bytes.subarray(at, at + mib));
    await object.commit(digest(bytes));
  } catch (error) {
    await object.discard();
    throw error;
  }
}

async function get(target: BackupTarget, key: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of target.read(key)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Nothing is left: no object, no unfinished upload. */
function expectNothing({ fake }: Place): void {
  expect(fake.bucket('b').keys()).toEqual([]);
  expect(fake.bucket('b').uploads.size).toBe(0);
}

const sizes = { small: 1_000, large: 6 * mib } as const;
const writing = {
  small: ['PutObject', 'GetObject', 'HeadObject'],
  large: ['CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload', 'GetObject', 'HeadObject'],
} as const;
const everyCase = (['small', 'large'] as const).flatMap((sizeName) =>
  writing[sizeName].flatMap((operation) =>
    (['error', 'silence', 'reset', 'lost answer'] as const).map((kind) => ({ sizeName, operation, kind })),
  ),
);

/** At test size the large ones meet the two faults that differ most. */
const cases = everyCase.filter(
  ({ sizeName, kind }) =>
    sizeName === 'small' || size({ test: ['reset', 'lost answer'], soak: [kind] }).includes(kind),
);

describe('an upload to S3', () => {
  it.each(cases)(
    '[row 99] of a $sizeName object goes on after one $kind of $operation, with the bytes that were sent',
    async ({ sizeName, operation, kind }) => {
      const here = await place({ requestTimeout: kind === 'silence' ? 300 : '30s' });
      const bytes = randomBytes(sizes[sizeName]);
      here.fake.fault({ operation, kind });
      await put(here.target, 'a/b.zst', bytes);
      expect(here.fake.bucket('b').current('kpi/a/b.zst')?.body.equals(bytes)).toBe(true);
      expect(here.fake.bucket('b').overwritten).toEqual([]);
      // A lost answer to the start of an upload leaves one that nobody knows: the sweep's.
      expect(here.fake.bucket('b').uploads.size).toBe(
        kind === 'lost answer' && operation === 'CreateMultipartUpload' ? 1 : 0,
      );
    },
  );

  it.each(cases.filter(({ operation }) => operation !== 'HeadObject'))(
    '[row 99] of a $sizeName object ends clean and typed when every $operation meets $kind',
    async ({ sizeName, operation, kind }) => {
      // What cleans up afterwards has to be done in that time, too, on a machine that does much else.
      const here = await place({ requestTimeout: kind === 'silence' ? 1_000 : '30s', attempts: 2 });
      here.fake.fault({ operation, kind, times: 100, status: 500, code: 'InternalError' });
      const error = await put(here.target, 'a/b.zst', randomBytes(sizes[sizeName])).catch(
        (reason: unknown) => reason,
      );
      // Uploads whose id never reached us are the sweep's.
      if (kind === 'lost answer' && operation === 'CreateMultipartUpload')
        here.fake.bucket('b').uploads.clear();
      expect(error).toMatchObject({
        code: expect.stringMatching(/^BACKUP_(?:WRITE|READ)_FAILED$/),
        tool: 's3',
        exitCode: kind === 'error' ? 500 : expect.stringMatching(/^[A-Z_]+$|Error/),
      });
      expectNothing(here);
    },
  );

  it('[row 99] whose bytes change in the store does not count, and is removed', async () => {
    for (const length of [sizes.small, sizes.large]) {
      const here = await place();
      here.fake.fault({ operation: length === sizes.small ? 'PutObject' : 'UploadPart', kind: 'corrupt' });
      await expect(put(here.target, 'a/b.zst', randomBytes(length))).rejects.toMatchObject({
        code: 'BACKUP_CORRUPT',
        stage: 'commit',
        tool: 's3',
      });
      expectNothing(here);
    }
  });

  it('that is refused for good is not tried again', async () => {
    const here = await place();
    here.fake.fault({ operation: 'PutObject', kind: 'error', status: 403, code: 'AccessDenied', times: 9 });
    await expect(put(here.target, 'a/b.zst', randomBytes(10))).rejects.toMatchObject({
      code: 'BACKUP_WRITE_FAILED',
      exitCode: 403,
      message: expect.stringContaining('AccessDenied'),
    });
    expect(here.fake.calls.filter(({ operation }) => operation === 'PutObject')).toHaveLength(1);
  });

  it('by two instances to one key keeps the first and tells the second', async () => {
    const here = await place();
    for (const length of [sizes.small, sizes.large]) {
      const [first, second] = [randomBytes(length), randomBytes(length)];
      const one = await here.target.stage(`a/${length}`, { signal });
      const other = await here.target.stage(`a/${length}`, { signal });
      for (let at = 0; at < length; at += mib) {
        await one.write(first.subarray(at, at + mib));
        await other.write(second.subarray(at, at + mib));
      }
      await one.commit(digest(first));
      await expect(other.commit(digest(second))).rejects.toMatchObject({ code: 'BACKUP_EXISTS' });
      await other.discard();
      expect((await get(here.target, `a/${length}`)).equals(first)).toBe(true);
    }
    expect(here.fake.bucket('b').uploads.size).toBe(0);
    const commits = here.fake.calls.filter(({ operation }) =>
      ['PutObject', 'CompleteMultipartUpload'].includes(operation),
    );
    expect(commits).toHaveLength(4); // a name that is taken is not asked for again
  });

  it('that a run abandoned a day ago is ended by the sweep, and neither a younger one nor that of another application', async () => {
    const clock = createFakeClock();
    const here = await place({ clock, prefix: '' }, { now: () => clock.now(), pageSize: 2 });
    const keys = [
      ...[0, 1, 2, 3].map((count) => `20260102T030405Z-3f9a0c7${count}/db.sql.zst`),
      'kpi_backup_20260102_030405.sql.gz',
      'holiday/film.mp4', // of another application, in the same bucket
    ];
    for (const key of keys) {
      const object = await here.target.stage(key, { signal });
      await object.write(randomBytes(6 * mib));
      await object.write(randomBytes(5 * mib));
    }
    expect(here.fake.bucket('b').uploads.size).toBe(6);
    await here.target.sweep();
    expect(here.fake.bucket('b').uploads.size).toBe(6);
    clock.jump(25 * 3_600_000);
    await here.target.sweep();
    expect(here.fake.bucket('b').uploads.size).toBe(1);
  });
});

describe('a download from S3', () => {
  it.each(['error', 'silence', 'reset', 'short'] as const)('goes on where it was after %s', async (kind) => {
    const here = await place({ requestTimeout: 300 });
    const bytes = randomBytes(3 * mib);
    await put(here.target, 'a/b.zst', bytes);
    here.fake.fault({ operation: 'GetObject', kind, times: 2 });
    expect((await get(here.target, 'a/b.zst')).equals(bytes)).toBe(true);
  });

  it('that fails again and again says so', async () => {
    const here = await place({ attempts: 2 });
    await put(here.target, 'a/b.zst', randomBytes(10));
    here.fake.fault({ operation: 'GetObject', kind: 'error', status: 500, code: 'InternalError', times: 9 });
    await expect(get(here.target, 'a/b.zst')).rejects.toMatchObject({
      code: 'BACKUP_READ_FAILED',
      stage: 'read',
      tool: 's3',
      exitCode: 500,
    });
  });
});

describe('object lock', () => {
  it('is set on every object, and what is locked is not removed before its time', async () => {
    const clock = createFakeClock();
    const here = await place(
      { objectLock: { mode: 'COMPLIANCE', days: 30 }, clock },
      { versions: true, now: () => clock.now() },
    );
    for (const length of [sizes.small, sizes.large]) {
      await put(here.target, `a/${length}`, randomBytes(length));
      await expect(here.target.delete(`a/${length}`)).rejects.toMatchObject({ code: 'BACKUP_LOCKED' });
      expect(await here.target.head(`a/${length}`)).toBeDefined();
    }
    clock.jump(31 * 86_400_000);
    await here.target.delete(`a/${sizes.small}`);
    expect(await here.target.head(`a/${sizes.small}`)).toBeUndefined();
  });
});

describe('the options of s3', () => {
  it.each([
    ['bucket', { bucket: '' }],
    ['prefix', { prefix: 'kpi' }],
    ['partSize', { partSize: '1mb' }],
    ['readBack', { readBack: 'no' }],
    ['requestTimeout', { requestTimeout: 0 }],
    ['attempts', { attempts: 0 }],
    ['objectLock.days', { objectLock: { mode: 'COMPLIANCE', days: 0 } }],
  ])('refuse %s that cannot work', (name, options) => {
    const client = new S3({ region: 'us-east-1' });
    // @ts-expect-error: a caller without types
    expect(() => s3({ client, bucket: 'b', ...options })).toThrow(`option "${name}" must be`);
  });
});

describeWith(['postgres'], 'a backup in S3', () => {
  it('[row 99] of several parts comes back with equal rows, listed like one in a folder', async () => {
    await using source = await createTestDatabase('postgres');
    await using target = await createTestDatabase('postgres');
    await sql(source.url, ...postgresSchema, ...postgresBulk(60_000));
    const here = await place();
    const { logger, lines } = recordingLogger();
    const backups = createBackups({
      sources: { db: postgres({ url: source.url, owners: 'leave-out' }) },
      targets: [here.target],
      logger,
    });
    here.fake.fault({ operation: 'UploadPart', kind: 'lost answer' });
    here.fake.fault({ operation: 'CompleteMultipartUpload', kind: 'lost answer' });
    const { id, artifacts } = await backups.run();
    expect(artifacts[0]?.bytes).toBeGreaterThan(5 * mib);
    expect(here.fake.calls.filter(({ operation }) => operation === 'UploadPart').length).toBeGreaterThan(2);
    expect(here.fake.bucket('b').overwritten).toEqual([]);
    expect(await backups.list()).toMatchObject([{ id, status: 'complete', targets: [here.target.name] }]);
    await backups.restore(id, {
      to: postgres({ url: target.url }),
      confirm: target.name,
      force: ['same-server'],
    });
    expect(await fingerprint(target.adminUrl)).toEqual(await fingerprint(source.adminUrl));
    expect(inspect(lines, { depth: 10 })).not.toContain('fake-secret');
  });

  it('with requireTargets any goes on without a target that fails, and is none when all do', async () => {
    await using source = await createTestDatabase('postgres');
    await sql(source.url, ...postgresBulk(2_000));
    const [good, bad] = [await place({ attempts: 1 }), await place({ attempts: 1 })];
    const { logger, lines } = recordingLogger();
    for (const operation of ['PutObject', 'GetObject', 'HeadObject'] as const) {
      const backups = createBackups({
        sources: { db: postgres({ url: source.url }) },
        targets: [good.target, bad.target],
        requireTargets: 'any',
        logger,
      });
      bad.fake.fault({ operation, kind: 'error', status: 500, code: 'InternalError', times: 100 });
      const { id } = await backups.run();
      expect(lines.filter(({ level }) => level === 'warn').at(-1)?.message).toContain(
        'the backup goes on without',
      );
      bad.fake.clearFaults();
      expect(bad.fake.bucket('b').keys()).toEqual([]);
      expect((await backups.list())[0]).toMatchObject({ id, targets: [good.target.name] });
      good.fake.fault({ operation: 'PutObject', kind: 'error', status: 500, times: 100 });
      bad.fake.fault({ operation: 'PutObject', kind: 'error', status: 500, times: 100 });
      const before = good.fake.bucket('b').keys().length;
      const error = await backups.run().catch((reason: unknown) => reason);
      expect(BackupError.is(error) && error.code).toBe('BACKUP_WRITE_FAILED');
      good.fake.clearFaults();
      bad.fake.clearFaults();
      expect(good.fake.bucket('b').keys()).toHaveLength(before);
      expectNothing(bad);
    }
  });

  it('with requireTargets all leaves nothing in one target when the other fails at its last call', async () => {
    await using source = await createTestDatabase('postgres');
    await sql(source.url, ...postgresBulk(2_000));
    const [good, bad] = [await place({ attempts: 1 }), await place({ attempts: 1 })];
    const backups = createBackups({
      sources: { db: postgres({ url: source.url }) },
      targets: [good.target, bad.target],
    });
    bad.fake.fault({ operation: 'PutObject', key: 'manifest.json', kind: 'error', status: 500, times: 9 });
    await expect(backups.run()).rejects.toMatchObject({ code: 'BACKUP_WRITE_FAILED', stage: 'commit' });
    expectNothing(good);
    expectNothing(bad);
  });
});
