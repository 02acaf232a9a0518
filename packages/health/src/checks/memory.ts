import { getHeapStatistics } from 'node:v8';
import { type HealthCheck, optionsOf } from '@seaworthy/contracts';
import { type MemoryPool, readMemoryPools } from './memory-pools.js';
import { judgeUsage, type UsageLimits, usageLimits } from './usage-limits.js';

export type MemoryOptions = UsageLimits;

const readOptions = optionsOf<MemoryOptions>('memory', { warn: true, fail: true });

/**
 * Checks the memory that would end the process first: the V8 heap, the container (each cgroup from ours up to the root,
 * version 1 or 2) and the machine. The page cache that the kernel gives back on demand is not counted as used.
 *
 * @throws OptionsError for an unknown option or a limit that is no share.
 *
 * @example
 * createHealth({ checks: { memory: local(memory({ fail: 0.9 }), { interval: '15s' }) } });
 */
export function memory(options: MemoryOptions = {}): HealthCheck<'local'> {
  const limits = usageLimits('memory', readOptions(options));
  return {
    kind: 'local',
    async probe() {
      const tightest = [heap(), ...(await readMemoryPools())].reduce((a, b) => (used(b) > used(a) ? b : a));
      return judgeUsage(`the memory of the ${tightest.name}`, used(tightest), limits, {
        pool: tightest.name,
        used: used(tightest),
        usedBytes: tightest.usedBytes,
        limitBytes: tightest.limitBytes,
      });
    },
  };
}

function used(pool: MemoryPool): number {
  return pool.usedBytes / pool.limitBytes;
}

function heap(): MemoryPool {
  const { used_heap_size, heap_size_limit } = getHeapStatistics();
  return { name: 'heap', usedBytes: used_heap_size, limitBytes: heap_size_limit };
}
