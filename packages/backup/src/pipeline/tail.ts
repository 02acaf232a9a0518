import { Transform } from 'node:stream';

/** More than any engine's closing lines. */
const tailBytes = 1_024;

/** Passes bytes through and remembers how many there were and what the last ones are. */
export class Tail extends Transform {
  readonly #onBytes: (bytes: number) => void;
  #bytes = 0;
  #last = Buffer.alloc(0);

  /** @param onBytes - Told the count after each chunk. */
  constructor(onBytes: (bytes: number) => void) {
    super();
    this.#onBytes = onBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get last(): Buffer {
    return this.#last;
  }

  override _transform(
    chunk: Buffer,
    _encoding: BufferEncoding,
    done: (error: null, chunk: Buffer) => void,
  ): void {
    this.#bytes += chunk.length;
    this.#last = Buffer.from(
      chunk.length >= tailBytes
        ? chunk.subarray(-tailBytes)
        : Buffer.concat([this.#last, chunk]).subarray(-tailBytes),
    );
    this.#onBytes(this.#bytes);
    done(null, chunk);
  }
}
