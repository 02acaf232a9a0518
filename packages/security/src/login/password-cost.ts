import { invalidOption, wholeNumber } from '@seaworthy/contracts';

/** What one hash costs. */
export interface Argon2Cost {
  /** @defaultValue 19456 (19 MiB) */
  readonly memoryKiB?: number;
  /** @defaultValue 2 */
  readonly passes?: number;
  /** @defaultValue 1 */
  readonly parallelism?: number;
}

/** What one scrypt hash costs: memory is `128 * blockSize * 2 ** costLog2` bytes. */
export interface ScryptCost {
  /** @defaultValue 17, which is 128 MiB with a block size of 8 */
  readonly costLog2?: number;
  /** @defaultValue 8 */
  readonly blockSize?: number;
  /** @defaultValue 1 */
  readonly parallelism?: number;
}

const owner = 'createPasswords';

/** At least the least of OWASP's Password Storage Cheat Sheet (2025): m=7168, t=5, or more memory and fewer passes. */
export function readArgon2Cost(cost: Argon2Cost = {}): Required<Argon2Cost> {
  const { memoryKiB = 19_456, passes = 2, parallelism = 1 } = cost;
  wholeNumber(owner, 'cost.memoryKiB', memoryKiB, { min: 7_168, max: 4_194_304 });
  wholeNumber(owner, 'cost.passes', passes, { min: 1, max: 100 });
  wholeNumber(owner, 'cost.parallelism', parallelism, { min: 1, max: 64 });
  const leastPasses = leastPassesByMemory.find(([memory]) => memoryKiB >= memory)?.[1] ?? 5;
  if (passes < leastPasses) {
    throw invalidOption(owner, 'cost.passes', `at least ${leastPasses} with ${memoryKiB} KiB (OWASP)`);
  }
  return { memoryKiB, passes, parallelism };
}

/** The cheat sheet's equivalent settings of Argon2id, most memory first. */
const leastPassesByMemory = [
  [47_104, 1],
  [19_456, 2],
  [12_288, 3],
  [9_216, 4],
  [7_168, 5],
] as const;

/** The cheat sheet's equivalent settings of scrypt with r=8: 2^17 and p=1, down to 2^13 and p=10. */
export function readScryptCost(cost: ScryptCost = {}): Required<ScryptCost> {
  const { costLog2 = 17, blockSize = 8, parallelism = 1 } = cost;
  wholeNumber(owner, 'cost.costLog2', costLog2, { min: 13, max: 20 });
  wholeNumber(owner, 'cost.blockSize', blockSize, { min: 8, max: 32 });
  const least = leastParallelism.get(costLog2) ?? 1;
  wholeNumber(owner, 'cost.parallelism', parallelism, { min: least, max: 16 });
  return { costLog2, blockSize, parallelism };
}

const leastParallelism: ReadonlyMap<number, number> = new Map([
  [13, 10],
  [14, 5],
  [15, 3],
  [16, 2],
]);
