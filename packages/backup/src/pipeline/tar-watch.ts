import type { EndWatch } from './watch.js';

const blockBytes = 512;

/**
 * Walks the headers of a tar archive: it is complete when two blocks of zeros stand where a header would, and only zeros follow.
 * Zeros at the end alone prove nothing, because a file may end in them. Source: POSIX.1-2017, pax, "ustar Interchange Format";
 * GNU tar, "Basic Tar Format", for sizes in base 256.
 */
export class TarWatch implements EndWatch {
  readonly #block = Buffer.alloc(blockBytes);
  #blockFilled = 0;
  /** Of the content that follows the last header, padding included. */
  #skip = 0;
  #zeroBlocks = 0;
  #broken = false;

  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, chunk.length - at);
        this.#skip -= skipped;
        at += skipped;
        continue;
      }
      const taken = Math.min(blockBytes - this.#blockFilled, chunk.length - at);
      chunk.copy(this.#block, this.#blockFilled, at, at + taken);
      this.#blockFilled += taken;
      at += taken;
      if (this.#blockFilled < blockBytes) continue;
      this.#blockFilled = 0;
      this.#header();
    }
  }

  isComplete(): boolean {
    return !this.#broken && this.#zeroBlocks >= 2 && this.#skip === 0 && this.#blockFilled === 0;
  }

  #header(): void {
    if (this.#block.every((byte) => byte === 0)) {
      this.#zeroBlocks += 1;
      return;
    }
    const size = sizeField(this.#block);
    if (this.#zeroBlocks > 0 || size === undefined || !hasItsChecksum(this.#block)) {
      this.#broken = true;
      return;
    }
    this.#skip = Math.ceil(size / blockBytes) * blockBytes;
  }
}

function sizeField(header: Buffer): number | undefined {
  const field = header.subarray(124, 136);
  if ((field[0] ?? 0) >= 0x80) {
    const size = Number(field.readBigUInt64BE(4));
    return Number.isSafeInteger(size) ? size : undefined;
  }
  const text = field
    .toString('latin1')
    .replace(/[\0 ]+$/, '')
    .trim();
  return /^[0-7]*$/.test(text) ? Number.parseInt(text || '0', 8) : undefined;
}

/** The sum of all bytes, with blanks in its own place. */
function hasItsChecksum(header: Buffer): boolean {
  const stored = Number.parseInt(header.subarray(148, 156).toString('latin1').replaceAll('\0', ' '), 8);
  let sum = 0;
  for (const [index, byte] of header.entries()) sum += index >= 148 && index < 156 ? 32 : byte;
  return sum === stored;
}
