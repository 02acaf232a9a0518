/** The number of keys that an RDB file says its first database has. */
export interface FirstSize {
  /** `db0`. */
  readonly name: string;
  readonly keys: number;
}

/** Function libraries stand before the first database, and are rarely as long. */
const maxHeadBytes = 64 * 1024;

const opcode = {
  slot: 0xf4,
  functions: 0xf5,
  moduleAux: 0xf7,
  resize: 0xfb,
  aux: 0xfa,
  select: 0xfe,
} as const;

/**
 * Reads the head of an RDB file as it goes by: Redis writes there how many keys the first database had in the very snapshot that it
 * saves. How many the others had can only be known by reading every key. Source: Redis, rdb.c, `rdbSaveRio` and `rdbLoadLenByRef`.
 */
export class RdbFirstSize {
  #head: Buffer | undefined = Buffer.alloc(0);
  #found: FirstSize | undefined;

  push(chunk: Buffer): void {
    if (this.#head === undefined) return;
    this.#head = Buffer.concat([this.#head, chunk]).subarray(0, maxHeadBytes);
    const found = read(this.#head);
    if (found === 'too short' && this.#head.length < maxHeadBytes) return;
    this.#found = typeof found === 'object' ? found : undefined;
    this.#head = undefined;
  }

  /** `undefined` when the head does not tell, as of a Redis without keys. */
  found(): FirstSize | undefined {
    return this.#found;
  }
}

function read(head: Buffer): FirstSize | 'too short' | undefined {
  let at = 9; // REDIS0011
  let database = 0;
  try {
    for (;;) {
      const op = head.readUInt8(at);
      at += 1;
      if (op === opcode.aux) {
        string();
        string();
      } else if (op === opcode.functions) string();
      else if (op === opcode.slot) [length(), length(), length()];
      else if (op === opcode.select) database = length();
      else if (op === opcode.resize) return { name: `db${database}`, keys: length() };
      else return undefined;
    }
  } catch (error) {
    if (error instanceof RangeError) return 'too short';
    throw error;
  }

  function length(): number {
    const first = head.readUInt8(at);
    at += 1;
    if (first >> 6 === 0) return first & 0x3f;
    if (first >> 6 === 1) {
      at += 1;
      return ((first & 0x3f) << 8) | head.readUInt8(at - 1);
    }
    if (first === 0x80) {
      at += 4;
      return head.readUInt32BE(at - 4);
    }
    at += 8;
    return Number(head.readBigUInt64BE(at - 8));
  }

  function string(): void {
    const first = head.readUInt8(at);
    if (first >> 6 !== 3) {
      const bytes = length();
      at += bytes;
    } else if (first === 0xc3) {
      at += 1;
      const compressed = length();
      length();
      at += compressed;
    } else at += 1 + 2 ** (first & 0x3f); // an integer of 1, 2 or 4 bytes
    if (at > head.length) throw new RangeError('The head goes on.');
  }
}
