import { type AuditCheckpoint, type ChainHead, hashOf, type Purge, type Signer } from './chain.js';

/** Builds records one after the other. What it built counts when the caller says so. */
export interface RecordBuilder {
  readonly head: ChainHead;
  /** `<hash> <body>` and a line feed. */
  add(type: string, at: string, members: string): string;
  /** A checkpoint behind all that was added. */
  checkpoint(at: string): SignedLine;
  /**
   * The first records of a log, or of a part of one that can be purged; with a checkpoint, so that whatever stands there begins signed, and
   * nobody without the key can begin one.
   */
  beginning(at: string): readonly [first: string, signed: SignedLine];
}

export interface SignedLine {
  readonly line: string;
  readonly checkpoint: AuditCheckpoint;
}

export function recordBuilder(start: ChainHead, log: string, signer: Signer): RecordBuilder {
  let head = start;

  function add(type: string, at: string, members: string): string {
    const seq = head.seq + 1;
    const body = `{"v":1,"seq":${seq},"at":"${at}","type":"${type}"${members}}`;
    const hash = hashOf(head.hash, body);
    head = { seq, hash };
    return `${hash} ${body}\n`;
  }

  function checkpoint(at: string): SignedLine {
    const signed = head;
    const signature = signer.sign(log, signed, at);
    const members = `,"log":"${log}","of":${signed.seq},"key":"${signer.key}","signature":"${signature}"`;
    const line = add('checkpoint', at, members);
    return { line, checkpoint: { log, ...head, at, key: signer.key, signature } };
  }

  return {
    get head() {
      return head;
    },
    add,
    checkpoint,
    beginning(at) {
      const first =
        head.seq === -1
          ? add('begin', at, `,"log":"${log}","key":"${signer.key}"`)
          : add('segment', at, `,"log":"${log}","previous":"${head.hash}"`);
      return [first, checkpoint(at)];
    },
  };
}

/** The members of a purge's record. */
export function purgeMembers(purge: Purge, signer: Signer): string {
  const { log, through, hash, before } = purge;
  return `,"log":"${log}","through":${through},"hash":"${hash}","before":"${before}","key":"${signer.key}","signature":"${signer.signPurge(purge)}"`;
}
