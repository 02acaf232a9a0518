import { readFile } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import { dirname, join } from 'node:path';

/** Memory with an end: whoever reaches it is killed. */
export interface MemoryPool {
  readonly name: 'heap' | 'container' | 'machine';
  readonly usedBytes: number;
  readonly limitBytes: number;
}

interface CgroupFiles {
  readonly limit: string;
  readonly usage: string;
  /** The row of memory.stat with the cache that is dropped under pressure. */
  readonly inactive: string;
}

const version2: CgroupFiles = { limit: 'memory.max', usage: 'memory.current', inactive: 'inactive_file' };
const version1: CgroupFiles = {
  limit: 'memory.limit_in_bytes',
  usage: 'memory.usage_in_bytes',
  inactive: 'total_inactive_file',
};

/**
 * The machine's memory and that of each cgroup around this process that has a limit. `process.constrainedMemory()` is not
 * asked: without a limit it answers 2^64, and it knows neither the parents' limits nor the page cache.
 *
 * A container's use is its working set, `usage - inactive_file`, as the kubelet counts it before it evicts.
 *
 * @param root - Where /proc and /sys are looked for.
 */
export async function readMemoryPools(root = '/'): Promise<readonly MemoryPool[]> {
  const machine: MemoryPool = { name: 'machine', usedBytes: totalmem() - freemem(), limitBytes: totalmem() };
  const membership = await textOf(join(root, 'proc/self/cgroup'));
  if (membership === undefined) return [machine];
  const pools = [machine];
  for (const { folder, top, files } of cgroupsOf(membership, root)) {
    for (let at = folder; ; at = dirname(at)) {
      const pool = await readPool(at, files, machine.limitBytes);
      if (pool !== undefined) pools.push(pool);
      if (at === top) break;
    }
  }
  return pools;
}

/** Rows are `id:controllers:path`; version 2 has the one row `0::path` (cgroups(7)). */
function* cgroupsOf(membership: string, root: string) {
  for (const row of membership.split('\n')) {
    const [id, controllers = '', ...rest] = row.split(':');
    const path = rest.join(':');
    // A path that leaves the cgroup namespace cannot be seen from in here.
    if (path === '' || path.includes('..')) continue;
    if (controllers.split(',').includes('memory')) {
      const top = join(root, 'sys/fs/cgroup/memory');
      yield { folder: folderOf(top, path), top, files: version1 };
    } else if (id === '0') {
      const top = join(root, 'sys/fs/cgroup');
      yield { folder: folderOf(top, path), top, files: version2 };
    }
  }
}

function folderOf(top: string, path: string): string {
  return path === '/' ? top : join(top, path);
}

async function readPool(
  folder: string,
  files: CgroupFiles,
  machineBytes: number,
): Promise<MemoryPool | undefined> {
  const limitBytes = Number(await textOf(join(folder, files.limit)));
  // "max", and on version 1 the nearest page below 2^63, both mean that only the machine limits it.
  if (!(limitBytes > 0 && limitBytes < machineBytes)) return undefined;
  const usage = Number(await textOf(join(folder, files.usage)));
  const stat = (await textOf(join(folder, 'memory.stat'))) ?? '';
  const inactive = Number(new RegExp(`^${files.inactive} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0);
  if (!Number.isFinite(usage)) return undefined;
  return { name: 'container', usedBytes: Math.max(0, usage - inactive), limitBytes };
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch {
    return undefined; // not Linux, or a cgroup that another namespace owns
  }
}
