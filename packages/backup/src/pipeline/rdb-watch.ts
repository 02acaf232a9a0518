import type { EndWatch } from './watch.js';

/** The opcode that ends an RDB file; eight bytes of checksum follow. */
const eof = 0xff;
const trailerBytes = 9;

/**
 * A Redis dump is complete when it begins with its name and ends with the opcode and the CRC-64 of everything before. The
 * checksum is zero where `rdbchecksum` is off. Source: Redis, rdb.c and crc64.c ("Jones" polynomial, reflected).
 */
export class RdbWatch implements EndWatch {
  readonly #crc = new Crc64();
  /** The last bytes, which may be the trailer and are not summed yet. */
  #tail: Buffer = Buffer.alloc(0);
  #magic = '';

  push(chunk: Buffer): void {
    if (this.#magic.length < 5) this.#magic = (this.#magic + chunk.toString('latin1', 0, 5)).slice(0, 5);
    const all = this.#tail.length === 0 ? chunk : Buffer.concat([this.#tail, chunk]);
    const summed = Math.max(all.length - trailerBytes, 0);
    this.#crc.update(all.subarray(0, summed));
    this.#tail = Buffer.from(all.subarray(summed));
  }

  isComplete(): boolean {
    if (this.#magic !== 'REDIS' || this.#tail.length < trailerBytes || this.#tail[0] !== eof) return false;
    const stored = this.#tail.readBigUInt64LE(1);
    return stored === 0n || stored === this.#crc.with(eof);
  }
}

const polynomial = 0x95ac9329ac4bc9b5n; // of Redis, reflected

class Crc64 {
  /** Two halves, because BigInt costs fifty times as much a byte. */
  readonly #tables = makeTables();
  #high = 0;
  #low = 0;

  update(bytes: Buffer): void {
    const { highs, lows } = this.#tables;
    let high = this.#high;
    let low = this.#low;
    for (let at = 0; at < bytes.length; at += 1) {
      const index = (low ^ (bytes[at] ?? 0)) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ (lows[index] ?? 0);
      high = (high >>> 8) ^ (highs[index] ?? 0);
    }
    this.#high = high;
    this.#low = low;
  }

  /** The sum with one byte more. */
  with(byte: number): bigint {
    const index = (this.#low ^ byte) & 0xff;
    const low = ((this.#low >>> 8) | (this.#high << 24)) ^ (this.#tables.lows[index] ?? 0);
    const high = (this.#high >>> 8) ^ (this.#tables.highs[index] ?? 0);
    return (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  }
}

function makeTables(): { readonly highs: Uint32Array; readonly lows: Uint32Array } {
  const highs = new Uint32Array(256);
  const lows = new Uint32Array(256);
  for (let index = 0; index < 256; index += 1) {
    let crc = BigInt(index);
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1n) === 1n ? (crc >> 1n) ^ polynomial : crc >> 1n;
    highs[index] = Number(crc >> 32n);
    lows[index] = Number(crc & 0xffffffffn);
  }
  return { highs, lows };
}
