import type { EngineName } from '../manifest/engine.js';
import { RdbWatch } from './rdb-watch.js';
import { TarWatch } from './tar-watch.js';
import type { EndWatch } from './watch.js';

/**
 * What the end of a complete dump of that engine looks like: only this tells a whole dump from one that was cut off, because
 * the programs that read it back take an end of input for success.
 */
export function endWatch(engine: EngineName): EndWatch {
  switch (engine) {
    case 'postgres':
      // Newer versions close with \unrestrict, the counterpart of a line at the top.
      return new ClosingLine(/\n--\n-- PostgreSQL database dump complete\n--\n\s*(?:\\unrestrict \w+\s*)?$/);
    case 'mysql':
      return new ClosingLine(/\n-- Dump completed(?: on [\d: -]+)?\s*$/);
    case 'redis':
      return new RdbWatch();
    case 'files':
    case 'pglite':
      return new TarWatch();
    case 'mariadb':
      // The last chunk of the stream ends the file that mariadb-backup writes last, which newer versions call by another name.
      return new ClosingLine(/XBSTCK01[\s\S]E[\s\S]{4}(?:xtrabackup|mariadb_backup)_info$/);
  }
}

/** More than any engine's closing lines. */
const tailBytes = 1_024;

class ClosingLine implements EndWatch {
  readonly #pattern: RegExp;
  #tail: Buffer = Buffer.alloc(0);

  constructor(pattern: RegExp) {
    this.#pattern = pattern;
  }

  push(chunk: Buffer): void {
    // A copy, so that one kilobyte does not keep sixty-four in memory.
    this.#tail = Buffer.from(
      chunk.length >= tailBytes
        ? chunk.subarray(-tailBytes)
        : Buffer.concat([this.#tail, chunk]).subarray(-tailBytes),
    );
  }

  isComplete(): boolean {
    return this.#pattern.test(this.#tail.toString('latin1'));
  }
}
