import type { EndWatch } from './watch.js';

const blockBytes = 512;

/** The longest path and owner are a hundredth of it. */
const maxRecordsBytes = 1_048_576;

/**
 * Walks the headers of a tar archive: it is complete when two blocks of zeros stand where a header would, and only zeros follow.
 * Zeros at the end alone prove nothing, because a file may end in them. Source: POSIX.1-2017, pax, "ustar Interchange Format" and
 * "pax Extended Header"; GNU tar, "Basic Tar Format", for sizes in base 256.
 */
export class TarWatch implements EndWatch {
  readonly #block = Buffer.alloc(blockBytes);
  #blockFilled = 0;
  /** Of the content that follows the last header, padding included. */
  #skip = 0;
  /** The extended header that the next header belongs to: from 8 GiB on, the size of a file stands only there. */
  #records: Buffer | undefined;
  #recordsFilled = 0;
  #zeroBlocks = 0;
  #broken = false;

  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, chunk.length - at);
        if (this.#records !== undefined)
          this.#recordsFilled += chunk.copy(this.#records, this.#recordsFilled, at, at + skipped);
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
    const size = sizeRecord(this.#records) ?? sizeField(this.#block);
    if (this.#zeroBlocks > 0 || size === undefined || !hasItsChecksum(this.#block)) {
      this.#broken = true;
      return;
    }
    this.#skip = Math.ceil(size / blockBytes) * blockBytes;
    const isExtended = this.#block[156] === extendedHeader && size <= maxRecordsBytes;
    this.#records = isExtended ? Buffer.alloc(size) : undefined;
    this.#recordsFilled = 0;
  }
}

const extendedHeader = 'x'.charCodeAt(0);

/** The size among records such as `19 size=9663676416\n`; their values may hold anything, so each is found by its length. */
function sizeRecord(records: Buffer | undefined): number | undefined {
  let size: number | undefined;
  for (let at = 0; records !== undefined && at < records.length; ) {
    const length = Number.parseInt(records.toString('latin1', at, at + 12), 10);
    if (!(length > 0)) return size;
    const [, value] =
      /^\d+ size=(\d+)\n$/.exec(records.toString('latin1', at, at + Math.min(length, 64))) ?? [];
    if (value !== undefined) size = Number(value);
    at += length;
  }
  return size;
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
