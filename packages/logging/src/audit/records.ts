import { type AuditCheckpoint, type ChainHead, hashOf, type Signer } from './chain.js';

/** Builds records one after the other. What it built counts when the caller says so. */
export interface RecordBuilder {
  readonly head: ChainHead;
  /** `<hash> <body>` and a line feed. */
  add(type: string, at: string, members: string): string;
  /** A checkpoint behind all that was added. */
  checkpoint(
    signer: Signer,
    log: string,
    at: string,
  ): { readonly line: string; readonly checkpoint: AuditCheckpoint };
}

export function recordBuilder(start: ChainHead): RecordBuilder {
  let head = start;

  function add(type: string, at: string, members: string): string {
    const seq = head.seq + 1;
    const body = `{"v":1,"seq":${seq},"at":"${at}","type":"${type}"${members}}`;
    const hash = hashOf(head.hash, body);
    head = { seq, hash };
    return `${hash} ${body}\n`;
  }

  return {
    get head() {
      return head;
    },
    add,
    checkpoint(signer, log, at) {
      const signed = head;
      const signature = signer.sign(log, signed, at);
      const members = `,"log":"${log}","of":${signed.seq},"key":"${signer.key}","signature":"${signature}"`;
      const line = add('checkpoint', at, members);
      return { line, checkpoint: { log, ...head, at, key: signer.key, signature } };
    },
  };
}
