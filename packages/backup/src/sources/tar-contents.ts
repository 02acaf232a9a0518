import { createHash, type Hash } from 'node:crypto';
import type { TableContents } from '../manifest/manifest.js';
import type { FingerprintLevel } from './fingerprint-level.js';
import { paxRecords } from './pax-records.js';

const blockBytes = 512;

/** The longest path and owner are a hundredth of it. */
const maxRecordsBytes = 1_048_576;

/** Of folders that are told apart; what comes later in the order of names is counted together. */
const maxGroups = 1_000;

interface Group {
  entries: number;
  readonly hash: Hash | undefined;
}

/**
 * Counts the entries of a tar archive as it goes by, for each folder at its top, and with `hash` also digests their paths, types,
 * modes, times in whole seconds, link targets and contents. Owners are left out: whoever drills may not be root. The archive is one
 * that GNU tar wrote with `--format=posix --sort=name`. Source: POSIX.1-2017, pax, "ustar Interchange Format".
 */
export class TarContents {
  readonly #level: FingerprintLevel;
  readonly #groups = new Map<string, Group>();
  readonly #block = Buffer.alloc(blockBytes);
  #filled = 0;
  /** Of the entry that goes by: its content, and what fills its last block. */
  #content = 0;
  #padding = 0;
  #into: Hash | undefined;
  #records: Buffer[] | undefined;
  #extended: ReadonlyMap<string, string> = new Map();

  constructor(level: FingerprintLevel) {
    this.#level = level;
  }

  push(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#content > 0) {
        const part = chunk.subarray(at, at + this.#content);
        this.#into?.update(part);
        this.#records?.push(Buffer.from(part));
        this.#content -= part.length;
        at += part.length;
      } else if (this.#padding > 0) {
        const skipped = Math.min(this.#padding, chunk.length - at);
        this.#padding -= skipped;
        at += skipped;
      } else {
        const taken = Math.min(blockBytes - this.#filled, chunk.length - at);
        chunk.copy(this.#block, this.#filled, at, at + taken);
        this.#filled += taken;
        at += taken;
        if (this.#filled < blockBytes) continue;
        this.#filled = 0;
        this.#header(this.#block);
      }
    }
  }

  /** What went by, once all of it did. */
  tables(): readonly TableContents[] {
    return [...this.#groups].map(([name, { entries, hash }]) => ({
      name,
      rows: entries,
      ...(hash === undefined ? {} : { hash: hash.copy().digest('hex') }),
    }));
  }

  #header(block: Buffer): void {
    if (this.#records !== undefined) {
      this.#extended = paxRecords(Buffer.concat(this.#records));
      this.#records = undefined;
    }
    this.#into = undefined;
    if (block[0] === 0) return; // the zeros at the end
    const type = String.fromCharCode(block[156] || 48);
    const extended = this.#extended;
    this.#extended = new Map();
    const size = Number(extended.get('size') ?? numberAt(block, 124, 12));
    this.#content = size;
    this.#padding = (blockBytes - (size % blockBytes)) % blockBytes;
    if (type === 'x' || type === 'g') {
      if (type === 'x' && size <= maxRecordsBytes) this.#records = [];
      return;
    }
    const prefix = textAt(block, 345, 155);
    const path = extended.get('path') ?? `${prefix === '' ? '' : `${prefix}/`}${textAt(block, 0, 100)}`;
    const group = this.#groupOf(path);
    group.entries += 1;
    const mtime = Math.floor(Number(extended.get('mtime') ?? numberAt(block, 136, 12)));
    const link = extended.get('linkpath') ?? textAt(block, 157, 100);
    group.hash?.update(JSON.stringify([path, type, numberAt(block, 100, 8) & 0o7777, mtime, link, size]));
    this.#into = group.hash;
  }

  #groupOf(path: string): Group {
    const folder = /^(?:\.\/)?([^/]+)\//.exec(path)?.[1];
    const wanted = folder === undefined ? './' : `${folder}/`;
    const name = this.#groups.has(wanted) || this.#groups.size < maxGroups ? wanted : 'the other folders';
    const known = this.#groups.get(name);
    if (known !== undefined) return known;
    const group = { entries: 0, hash: this.#level === 'hash' ? createHash('md5') : undefined };
    this.#groups.set(name, group);
    return group;
  }
}

function textAt(block: Buffer, at: number, length: number): string {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? length : end);
}

/** Octal, or base 256 where the first bit is set. */
function numberAt(block: Buffer, at: number, length: number): number {
  if ((block[at] ?? 0) >= 0x80) return Number(block.readBigInt64BE(at + length - 8));
  return Number.parseInt(
    block
      .toString('latin1', at, at + length)
      .replaceAll('\0', ' ')
      .trim() || '0',
    8,
  );
}
