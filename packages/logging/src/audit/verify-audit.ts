import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { optionsOf } from '@seaworthy/contracts';
import { segmentsOf } from './audit-folder.js';
import { type AuditCheckpoint, type ChainHead, genesis, hashOf, isSignedBy, publicKeyOf } from './chain.js';

export interface VerifyOptions {
  /** Public keys, one of which must have signed each checkpoint. Several, when keys were changed. */
  readonly publicKeys: ReadonlyArray<KeyObject | string>;
  /** Checkpoints that were kept elsewhere; the log must still contain them. @defaultValue [] */
  readonly anchors?: ReadonlyArray<Pick<AuditCheckpoint, 'log' | 'seq' | 'hash'>>;
  /**
   * Nobody writes to the log any more: it was closed, or is a copy that was taken at a checkpoint. It must then end with a checkpoint, so
   * that a cut between two of them is seen without an anchor. @defaultValue false
   */
  readonly closed?: boolean;
}

/** What is wrong with a record. */
export type AuditFault =
  /** Its text is not what its hash was made of, or the record before is not the one that it followed. */
  | 'hash'
  /** Its number is not the next. */
  | 'sequence'
  /** It is no record at all. */
  | 'format'
  /** A checkpoint that nobody with a known key signed. */
  | 'signature'
  /** The log no longer reaches what an anchor saw, or was closed and does not end with a checkpoint. */
  | 'truncated'
  /** An anchor saw another record here. */
  | 'anchor'
  /** Records before this one are missing, and no purge says so. */
  | 'beginning';

export type AuditVerdict =
  | {
      readonly ok: true;
      readonly records: number;
      readonly head: ChainHead;
      /** Records behind the last checkpoint: a log that is written to has some, for a minute; one that was closed has none. */
      readonly unsigned: number;
    }
  /** `seq` is the first bad record. */
  | { readonly ok: false; readonly seq: number; readonly reason: AuditFault };

const readOptions = optionsOf<VerifyOptions>('verifyAudit', {
  publicKeys: true,
  anchors: true,
  closed: true,
});

/**
 * Reads a whole audit log and says which record is the first that was changed, left out, moved or added; from a folder, or from
 * the rows of a table in their order.
 *
 * @throws OptionsError for an unknown option, and what reading throws.
 *
 * @example
 * const verdict = await verifyAudit('audit', { publicKeys: [publicKey], anchors });
 * if (!verdict.ok) console.error(`record ${verdict.seq}: ${verdict.reason}`);
 */
export async function verifyAudit(
  source: string | AsyncIterable<Uint8Array>,
  options: VerifyOptions,
): Promise<AuditVerdict> {
  const { publicKeys, anchors = [], closed = false } = readOptions(options);
  const chain = chainReader(publicKeys.map(publicKeyOf), anchors);
  for await (const line of typeof source === 'string' ? linesOf(source) : source) {
    const fault = chain.read(line);
    if (fault !== undefined) return { ok: false, ...fault };
  }
  const verdict = chain.end();
  if (!closed || !verdict.ok || (verdict.unsigned === 0 && verdict.records > 0)) return verdict;
  return { ok: false, seq: verdict.head.seq + 1, reason: 'truncated' };
}

/** The lines of a folder; what stands behind the last line feed is one, too. */
async function* linesOf(folder: string): AsyncGenerator<Uint8Array> {
  for (const { path } of segmentsOf(folder)) {
    const bytes = readFileSync(path);
    let from = 0;
    for (let end = bytes.indexOf(0x0a); end !== -1; end = bytes.indexOf(0x0a, from)) {
      yield bytes.subarray(from, end);
      from = end + 1;
    }
    // Without its line feed a record is not complete, however whole it looks.
    if (from < bytes.length) yield new Uint8Array(0);
  }
}

type Fault = { readonly seq: number; readonly reason: AuditFault };

function chainReader(keys: readonly KeyObject[], anchors: NonNullable<VerifyOptions['anchors']>) {
  const awaited = new Map(anchors.map((anchor) => [anchor.seq, anchor]));
  let head = genesis;
  let log: string | undefined;
  let firstSeq: number | undefined;
  let unexplained: ChainHead | undefined;
  let records = 0;
  let unsigned = 0;

  function read(line: Uint8Array): Fault | undefined {
    const seq = head.seq + 1;
    const record = parsed(line);
    if (record === undefined) return { seq, reason: 'format' };
    const { hash, body, bytes } = record;
    if (firstSeq === undefined) begin(body);
    if (hashOf(head.hash, bytes) !== hash) return { seq: head.seq + 1, reason: 'hash' };
    if (body.seq !== head.seq + 1) return { seq: head.seq + 1, reason: 'sequence' };
    if (body.type === 'begin') log ??= String(body.log);
    if (body.type === 'purge') explain(body);
    unsigned += 1;
    if (body.type === 'checkpoint') {
      const claim = claimOf(body);
      log ??= claim.log;
      const isOurs = claim.log === log && body.of === head.seq;
      if (!isOurs || !isSignedBy(claim, head, keys)) return { seq: head.seq + 1, reason: 'signature' };
      unsigned = 0;
    }
    head = { seq: head.seq + 1, hash };
    records += 1;
    const anchor = awaited.get(head.seq);
    if (anchor !== undefined && anchor.hash !== hash) return { seq: head.seq, reason: 'anchor' };
    return undefined;
  }

  /** A log whose old part was purged begins with a segment that names what stood before it. */
  function begin(body: Readonly<Record<string, unknown>>): void {
    firstSeq = 0;
    if (body.type !== 'segment' || typeof body.seq !== 'number' || body.seq === 0) return;
    firstSeq = body.seq;
    head = { seq: body.seq - 1, hash: String(body.previous) };
    log = String(body.log);
    unexplained = head;
  }

  function explain(body: Readonly<Record<string, unknown>>): void {
    if (unexplained === undefined || Number(body.through) < unexplained.seq) return;
    if (Number(body.through) > unexplained.seq || body.hash === unexplained.hash) unexplained = undefined;
  }

  function end(): AuditVerdict {
    if (unexplained !== undefined) return { ok: false, seq: unexplained.seq, reason: 'beginning' };
    for (const anchor of anchors) {
      if (log !== undefined && anchor.log !== log) return { ok: false, seq: 0, reason: 'anchor' };
      if (anchor.seq > head.seq) return { ok: false, seq: head.seq + 1, reason: 'truncated' };
    }
    return { ok: true, records, head, unsigned };
  }

  return { read, end };
}

function parsed(line: Uint8Array) {
  const text = Buffer.from(line.buffer, line.byteOffset, line.byteLength);
  const hash = text.toString('latin1', 0, 64);
  if (!/^[0-9a-f]{64}$/.test(hash) || text[64] !== 0x20) return undefined;
  const bytes = text.subarray(65);
  try {
    const body: Readonly<Record<string, unknown>> = JSON.parse(bytes.toString());
    return typeof body === 'object' && body !== null ? { hash, body, bytes } : undefined;
  } catch {
    // A changed byte may break the JSON; the hash is then wrong as well, and says it better.
    return { hash, body: {}, bytes };
  }
}

function claimOf(body: Readonly<Record<string, unknown>>) {
  return {
    log: String(body.log),
    at: String(body.at),
    key: String(body.key),
    signature: String(body.signature),
  };
}
