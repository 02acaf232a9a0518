import type { BackupTarget } from '@seaworthy/backup';

/** Calls that a run makes of a target: what can be interrupted. */
export type TargetStep = 'stage' | 'write' | 'commit';

/** A target that calls `harm` before and after each step, with its number from 0. */
export function harmedTarget(
  inner: BackupTarget,
  harm: (at: number, step: TargetStep, key: string) => unknown,
): BackupTarget {
  let count = 0;
  const around = async <T>(step: TargetStep, key: string, work: () => Promise<T>): Promise<T> => {
    await harm(count++, step, key);
    const result = await work();
    await harm(count++, step, key);
    return result;
  };
  return {
    ...inner,
    async stage(key, options) {
      const object = await around('stage', key, () => inner.stage(key, options));
      return {
        write: (chunk) => around('write', key, () => object.write(chunk)),
        commit: (digest) => around('commit', key, () => object.commit(digest)),
        discard: (limits) => object.discard(limits),
      };
    },
  };
}
