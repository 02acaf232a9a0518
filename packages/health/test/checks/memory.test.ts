import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { readMemoryPools } from '../../src/checks/memory-pools.js';
import { memory } from '../../src/index.js';

const never = AbortSignal.timeout(60_000);
const roots: string[] = [];

afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

/** A root with just these files of /proc and /sys. */
function rootWith(files: Readonly<Record<string, string | number>>): string {
  const root = mkdtempSync(join(tmpdir(), 'seaworthy-health-'));
  roots.push(root);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  }
  return root;
}

const MB = 1024 ** 2;

test('reads the limit and the working set of a version 2 cgroup', async () => {
  const root = rootWith({
    'proc/self/cgroup': '0::/',
    'sys/fs/cgroup/memory.max': 512 * MB,
    'sys/fs/cgroup/memory.current': 400 * MB,
    'sys/fs/cgroup/memory.stat': `anon 1\ninactive_file ${150 * MB}\nactive_file 2`,
  });
  expect(await readMemoryPools(root)).toContainEqual({
    name: 'container',
    usedBytes: 250 * MB,
    limitBytes: 512 * MB,
  });
});

test('sees the limit of a parent when our own group has none', async () => {
  const root = rootWith({
    'proc/self/cgroup': '0::/kubepods/pod1/app',
    'sys/fs/cgroup/kubepods/pod1/app/memory.max': 'max',
    'sys/fs/cgroup/kubepods/pod1/memory.max': 256 * MB,
    'sys/fs/cgroup/kubepods/pod1/memory.current': 64 * MB,
    'sys/fs/cgroup/kubepods/memory.max': 'max',
  });
  const pools = await readMemoryPools(root);
  expect(pools.filter(({ name }) => name === 'container')).toEqual([
    { name: 'container', usedBytes: 64 * MB, limitBytes: 256 * MB },
  ]);
});

test('reads a version 1 cgroup, where no limit is a number near 2^63', async () => {
  const files = {
    'proc/self/cgroup': '9:cpu:/docker/a\n4:memory:/docker/a\n',
    'sys/fs/cgroup/memory/docker/a/memory.limit_in_bytes': 128 * MB,
    'sys/fs/cgroup/memory/docker/a/memory.usage_in_bytes': 100 * MB,
    'sys/fs/cgroup/memory/docker/a/memory.stat': `total_inactive_file ${20 * MB}`,
    'sys/fs/cgroup/memory/memory.limit_in_bytes': '9223372036854771712',
  };
  const pools = await readMemoryPools(rootWith(files));
  expect(pools.map(({ name }) => name)).toEqual(['machine', 'container']);
  expect(pools[1]).toEqual({ name: 'container', usedBytes: 80 * MB, limitBytes: 128 * MB });
});

test('falls back to the machine without cgroups, and leaves a foreign namespace alone', async () => {
  expect(await readMemoryPools(rootWith({}))).toHaveLength(1);
  expect(await readMemoryPools(rootWith({ 'proc/self/cgroup': '0::/../../other' }))).toHaveLength(1);
});

test('finds finite figures on this machine', async () => {
  for (const { usedBytes, limitBytes } of await readMemoryPools()) {
    expect(usedBytes).toBeGreaterThanOrEqual(0);
    expect(limitBytes).toBeGreaterThanOrEqual(usedBytes);
    expect(limitBytes).toBeLessThan(2 ** 50);
  }
});

test('passes, degrades and fails at its limits', async () => {
  const figures = { pool: expect.any(String), used: expect.any(Number), limitBytes: expect.any(Number) };
  await expect(memory({ warn: 1, fail: 1 }).probe(never)).resolves.toMatchObject(figures);
  await expect(memory({ warn: 1e-6, fail: 1 }).probe(never)).resolves.toMatchObject({
    ...figures,
    status: 'degraded',
  });
  await expect(memory({ warn: 1e-6, fail: 1e-6 }).probe(never)).rejects.toMatchObject({
    code: 'HEALTH_LIMIT_REACHED',
  });
});
