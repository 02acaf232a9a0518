import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { S3 } from '@aws-sdk/client-s3';
import { type BackupTarget, local, s3 } from '@seaworthy/backup';
import { startS3 } from '@seaworthy/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { filesIn, temporaryFolder } from './support/fixtures.js';

const { signal } = new AbortController();
const mib = 1024 * 1024;

const digest = (bytes: Buffer) => ({
  bytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
});

async function put(target: BackupTarget, key: string, bytes: Buffer): Promise<void> {
  const object = await target.stage(key, { signal });
  for (let at = 0; at < bytes.length; at += 700_000) await object.write(bytes.subarray(at, at + 700_000));
  await object.commit(digest(bytes));
}

async function get(target: BackupTarget, key: string, range: { start?: number; end?: number } = {}) {
  const chunks: Uint8Array[] = [];
  for await (const chunk of target.read(key, range)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function keysOf(target: BackupTarget, prefix?: string): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const key of target.keys(prefix)) keys.push(key);
  return keys.toSorted();
}

const kinds: ReadonlyArray<{ readonly kind: string; readonly make: () => Promise<BackupTarget> }> = [
  { kind: 'a folder', make: async () => local(join(await temporaryFolder(), 'backups')) },
  {
    kind: 'a bucket of S3',
    async make() {
      const fake = await startS3({ pageSize: 2 });
      onTestFinished(() => fake.close());
      return s3({ client: new S3(fake.config), bucket: 'b', prefix: 'kpi/' });
    },
  },
  {
    kind: 'a bucket with versions of a service without conditional writes',
    async make() {
      const fake = await startS3({ pageSize: 2, versions: true, conditionalWrites: false });
      onTestFinished(() => fake.close());
      return s3({ client: new S3(fake.config), bucket: 'b', conditionalWrites: false, readBack: 'size' });
    },
  },
];

describe.each(kinds)('$kind', ({ make }) => {
  it('gives what there is of a range that reaches behind the end', async () => {
    const target = await make();
    const bytes = randomBytes(300);
    await put(target, '20260102T030405Z-0123abcd/a.sql.zst', bytes);
    const read = (range: object) => get(target, '20260102T030405Z-0123abcd/a.sql.zst', range);
    expect(await read({ end: 100_000 })).toEqual(bytes);
    expect(await read({ start: 200, end: 100_000 })).toEqual(bytes.subarray(200));
    expect(await read({ start: 300, end: 100_000 })).toEqual(Buffer.alloc(0));
  });

  it.each([0, 1, 5 * mib, 8 * mib, 8 * mib + 1, 17 * mib])(
    'gives back %i bytes as they were written, whole and in ranges',
    async (length) => {
      const target = await make();
      const bytes = randomBytes(length);
      await put(target, 'a/b.zst', bytes);
      expect((await get(target, 'a/b.zst')).equals(bytes)).toBe(true);
      expect(await target.head('a/b.zst')).toMatchObject({ bytes: length });
      expect(Math.abs(Date.now() - Number((await target.head('a/b.zst'))?.modifiedAt))).toBeLessThan(60_000);
      const range = { start: length >> 2, end: length >> 1 };
      expect((await get(target, 'a/b.zst', range)).equals(bytes.subarray(range.start, range.end))).toBe(true);
      expect(await get(target, 'a/b.zst', { start: 0, end: 0 })).toHaveLength(0);
    },
  );

  it('shows nothing before the commit and nothing after a discard', async () => {
    const target = await make();
    for (const length of [10, 12 * mib]) {
      const object = await target.stage('a/b.zst', { signal });
      await object.write(randomBytes(length));
      expect(await keysOf(target)).toEqual([]);
      expect(await target.head('a/b.zst')).toBeUndefined();
      await object.discard();
      expect(await keysOf(target)).toEqual([]);
    }
    const object = await target.stage('a/b.zst', { signal });
    await object.write(Buffer.from('x'));
    await object.commit(digest(Buffer.from('x')));
    await object.discard();
    expect(await keysOf(target)).toEqual([]);
    await put(target, 'a/b.zst', Buffer.from('next'));
  });

  it('never replaces what has the name', async () => {
    const target = await make();
    for (const length of [10, 12 * mib]) {
      const first = await target.stage(`a/${length}`, { signal });
      const second = await target.stage(`a2/${length}`, { signal });
      await second.discard();
      const bytes = randomBytes(length);
      await first.write(bytes);
      await first.commit(digest(bytes));
      await expect(put(target, `a/${length}`, randomBytes(length))).rejects.toMatchObject({
        code: 'BACKUP_EXISTS',
        stage: 'commit',
      });
      expect((await get(target, `a/${length}`)).equals(bytes)).toBe(true);
    }
  });

  it('refuses to commit other bytes than those that it was told of', async () => {
    const target = await make();
    const object = await target.stage('a/b.zst', { signal });
    await object.write(Buffer.from('ten bytes.'));
    await expect(object.commit(digest(Buffer.from('eleven bytes')))).rejects.toMatchObject({
      code: expect.stringMatching(/^BACKUP_/),
    });
    await object.discard();
    expect(await keysOf(target)).toEqual([]);
  });

  it('lists by prefix, over several pages, and removes', async () => {
    const target = await make();
    const keys = ['a/1', 'a/2', 'a/3', 'ab/1', 'c.json'];
    for (const key of keys) await put(target, key, Buffer.from(key));
    expect(await keysOf(target)).toEqual(keys);
    expect(await keysOf(target, 'a/')).toEqual(['a/1', 'a/2', 'a/3']);
    for (const key of ['a/1', 'c.json', 'never/was']) await target.delete(key);
    expect(await keysOf(target)).toEqual(['a/2', 'a/3', 'ab/1']);
    expect(await target.head('a/1')).toBeUndefined();
  });

  it('says so when there is nothing to read', async () => {
    const target = await make();
    await expect(get(target, 'a/b.zst')).rejects.toThrow();
  });
});

describe('a folder', () => {
  it('keeps what is staged under a hidden name, and what is not its own out of sight', async () => {
    const folder = await temporaryFolder();
    const target = local(folder);
    const object = await target.stage('a/b.zst', { signal });
    await object.write(Buffer.from('x'));
    expect(await filesIn(folder)).toEqual([expect.stringMatching(/^\.partial-/)]);
    await writeFile(join(folder, '.hidden'), '');
    expect(await keysOf(target)).toEqual([]);
    await object.discard();
  });
});
