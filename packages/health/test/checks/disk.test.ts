import { execFileSync } from 'node:child_process';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { diskUsage } from '../../src/checks/disk.js';
import { disk, HealthError } from '../../src/index.js';

const never = AbortSignal.timeout(60_000);

/** A file system of 1,000 blocks of 4 KB, 100 of them kept for root, and 1,000 inodes. */
const half = { bsize: 4096, blocks: 1_000, bfree: 500, bavail: 400, files: 1_000, ffree: 900 };

test('counts used bytes as df does', async () => {
  const [, percent = ''] = execFileSync('df', ['--output=pcent', tmpdir()], { encoding: 'utf8' }).split('\n');
  const { usedBytes } = diskUsage(await statfs(tmpdir()));
  // df rounds up, and others write to the disk between the two looks.
  expect(Math.abs(usedBytes * 100 - Number.parseInt(percent, 10))).toBeLessThanOrEqual(1.5);
});

test('counts what root keeps for itself as used up', () => {
  expect(diskUsage(half).usedBytes).toBeCloseTo(500 / 900);
  expect(diskUsage({ ...half, bavail: 0 }).used).toBe(1);
});

test('is as full as its inodes when they run out first, and has none to run out of on btrfs', () => {
  expect(diskUsage({ ...half, ffree: 10 }).used).toBeCloseTo(0.99);
  expect(diskUsage({ ...half, files: 0, ffree: 0 }).usedFiles).toBe(0);
});

test('passes, degrades and fails at its limits', async () => {
  const { used } = diskUsage(await statfs(tmpdir()));
  await expect(disk(tmpdir(), { warn: 1, fail: 1 }).probe(never)).resolves.not.toHaveProperty('status');
  await expect(disk(tmpdir(), { warn: used / 2, fail: 1 }).probe(never)).resolves.toMatchObject({
    status: 'degraded',
    availableBytes: expect.any(Number),
  });
  const full = disk(tmpdir(), { warn: used / 2, fail: used / 2 }).probe(never);
  await expect(full).rejects.toSatisfy((error) => HealthError.is(error));
  await expect(full).rejects.toMatchObject({ code: 'HEALTH_LIMIT_REACHED' });
});

test('fails when the path is not there', async () => {
  await expect(disk('/nowhere/at/all').probe(never)).rejects.toMatchObject({ code: 'ENOENT' });
});

test('refuses limits that are no shares', () => {
  expect(() => disk('/', { fail: 95 })).toThrow(/option "fail" must be a share/);
  expect(() => disk('/', { warn: 0.9, fail: 0.8 })).toThrow(/option "warn"/);
});
