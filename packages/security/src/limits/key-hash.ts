import { randomFillSync } from 'node:crypto';

/** 64 bits of a key, as two signed 32-bit halves. */
export interface KeyHash {
  readonly low: number;
  readonly high: number;
}

/**
 * A 64-bit hash under a key of this process's own, so that nobody outside can make two keys meet: HalfSipHash-2-4
 * (Aumasson and Bernstein, 2012; the 32-bit member of the SipHash family), over the UTF-16 units of the text.
 *
 * Two of 131,072 keys meet with a chance of one in two thousand million; they would then share a budget.
 */
export function createKeyHash(seed: readonly [number, number] = randomSeed()): (text: string) => KeyHash {
  const [k0, k1] = seed;
  return (text) => {
    let v0 = k0 | 0;
    let v1 = k1 ^ 0xee;
    let v2 = k0 ^ 0x6c796765;
    let v3 = k1 ^ 0x74656462;
    const rounds = (count: number): void => {
      for (let round = 0; round < count; round += 1) {
        v0 = (v0 + v1) | 0;
        v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
        v0 = (v0 << 16) | (v0 >>> 16);
        v2 = (v2 + v3) | 0;
        v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
        v0 = (v0 + v3) | 0;
        v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
        v2 = (v2 + v1) | 0;
        v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
        v2 = (v2 << 16) | (v2 >>> 16);
      }
    };
    const take = (word: number): void => {
      v3 ^= word;
      rounds(2);
      v0 ^= word;
    };
    const { length } = text;
    for (let at = 0; at + 1 < length; at += 2) take(text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16));
    take((length << 25) | (length % 2 === 1 ? text.charCodeAt(length - 1) : 0)); // the length in bytes stands on top
    v2 ^= 0xee;
    rounds(4);
    const low = v1 ^ v3;
    v1 ^= 0xdd;
    rounds(4);
    return { low, high: v1 ^ v3 };
  };
}

function randomSeed(): readonly [number, number] {
  const [k0 = 0, k1 = 0] = randomFillSync(new Int32Array(2));
  return [k0, k1];
}
