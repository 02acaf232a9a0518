import { randomFillSync } from 'node:crypto';

const nonceBytes = 16; // ASVS 5 and CSP 3 ask for 128 bits
const poolBytes = nonceBytes * 256;

/** Makes unguessable base64 words; random bytes are fetched 256 words at a time, because the call costs more than the bytes. */
export function createNonces(): () => string {
  const pool = Buffer.alloc(poolBytes);
  let at = poolBytes;
  return () => {
    if (at === poolBytes) {
      randomFillSync(pool);
      at = 0;
    }
    at += nonceBytes;
    return pool.toString('base64', at - nonceBytes, at);
  };
}
