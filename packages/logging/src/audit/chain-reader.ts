import type { AuditAnchor, AuditFault, AuditVerdict } from './audit-verdict.js';
import { type ChainHead, genesis, hashOf, isPurgeSignedBy, isSignedBy, type KnownKeys } from './chain.js';

type Body = Readonly<Record<string, unknown>>;
type Fault = { readonly seq: number; readonly reason: AuditFault };

/** Takes the records of a log one after the other. */
export interface ChainReader {
  /** What is wrong with this one. */
  read(line: Uint8Array): Fault | undefined;
  /** What is to be said of the whole. */
  end(): AuditVerdict;
}

export function chainReader(
  keys: KnownKeys,
  anchors: readonly AuditAnchor[],
  maxUnsigned: number,
): ChainReader {
  const awaited = bySeq(anchors);
  let head = genesis;
  let log: string | undefined;
  let records = 0;
  let unsigned = 0;
  let checkpoints = 0;
  let isBeginning = false;
  /** What stood before the first record, in a log whose old part was purged. */
  let missing: ChainHead | undefined;
  /** No record of it was younger, as a signed purge says; `undefined` while none does. */
  let purgedBefore: number | undefined;
  /** What stood before each segment: a purge ends there. */
  const ends = new Map<number, string>();

  function read(line: Uint8Array): Fault | undefined {
    const record = parsed(line);
    if (record === undefined) return { seq: head.seq + 1, reason: 'format' };
    const { hash, body, bytes } = record;
    if (records === 0) begin(body);
    const seq = head.seq + 1;
    if (hashOf(head.hash, bytes) !== hash) return { seq, reason: 'hash' };
    if (body.seq !== seq) return { seq, reason: 'sequence' };
    if (body.v !== 1) return { seq, reason: 'format' };
    // Nothing follows on the beginning of a log, or of a part of one, that is not signed.
    if (isBeginning && body.type !== 'checkpoint') return { seq: head.seq, reason: 'unsigned' };
    isBeginning = body.type === 'begin' || body.type === 'segment';
    if (body.type === 'begin') log ??= String(body.log);
    if (body.type === 'segment') ends.set(head.seq, head.hash);
    const isForged =
      (body.type === 'checkpoint' && !checkpoint(body)) || (body.type === 'purge' && !purge(body));
    if (isForged) return { seq, reason: 'signature' };
    unsigned = body.type === 'checkpoint' ? 0 : unsigned + 1;
    if (unsigned > maxUnsigned) return { seq: seq - maxUnsigned, reason: 'unsigned' };
    head = { seq, hash };
    records += 1;
    const isOther = awaited.get(seq)?.some((anchor) => anchor.hash !== hash) ?? false;
    return isOther ? { seq, reason: 'anchor' } : undefined;
  }

  /** A log whose old part was purged begins with a segment that names what stood before it. */
  function begin(body: Body): void {
    if (body.type !== 'segment' || typeof body.seq !== 'number' || body.seq === 0) return;
    missing = { seq: body.seq - 1, hash: String(body.previous) };
    head = missing;
    log = String(body.log);
  }

  function checkpoint(body: Body): boolean {
    const claim = claimOf(body);
    log ??= claim.log;
    checkpoints += 1;
    return claim.log === log && body.of === head.seq && isSignedBy(claim, head, keys);
  }

  /** Its own signature, and not only that of a checkpoint behind it, which a service also puts behind what it finds in its folder. */
  function purge(body: Body): boolean {
    const claim = claimOf(body);
    const through = Number(body.through);
    const hash = String(body.hash);
    const before = String(body.before);
    if (claim.log !== log || !isPurgeSignedBy(claim, { log, through, hash, before }, keys)) return false;
    // It may have been stopped before all that it took was gone; what it did not come to is there then, up to where it ends.
    if (missing !== undefined && through >= missing.seq && ends.get(through) === hash) {
      purgedBefore = Math.max(purgedBefore ?? 0, Date.parse(before));
    }
    return true;
  }

  function end(): AuditVerdict {
    if (missing !== undefined && purgedBefore === undefined) return bad(missing.seq, 'beginning');
    const first = head.seq + 1 - records;
    if (records > 0 && checkpoints === 0) return bad(first, 'unsigned');
    for (const anchor of anchors) {
      if (log !== undefined && anchor.log !== log) return bad(0, 'anchor');
      if (anchor.seq > head.seq) return bad(head.seq + 1, 'truncated');
      if (anchor.seq < first && !wasPurged(anchor)) return bad(anchor.seq, 'anchor');
    }
    return { ok: true, records, head, unsigned };
  }

  function wasPurged({ seq, hash, at }: AuditAnchor): boolean {
    if (seq === missing?.seq && hash !== missing.hash) return false;
    return at === undefined || Date.parse(at) <= (purgedBefore ?? 0);
  }

  return { read, end };
}

function bad(seq: number, reason: AuditFault): AuditVerdict {
  return { ok: false, seq, reason };
}

function parsed(line: Uint8Array) {
  const text = Buffer.from(line.buffer, line.byteOffset, line.byteLength);
  const hash = text.toString('latin1', 0, 64);
  if (!/^[0-9a-f]{64}$/.test(hash) || text[64] !== 0x20) return undefined;
  const bytes = text.subarray(65);
  try {
    const body: Body = JSON.parse(bytes.toString());
    return typeof body === 'object' && body !== null ? { hash, body, bytes } : undefined;
  } catch {
    // A changed byte may break the JSON; the hash is then wrong as well, and says it better.
    return { hash, body: {}, bytes };
  }
}

function claimOf(body: Body) {
  return {
    log: String(body.log),
    at: String(body.at),
    key: String(body.key),
    signature: String(body.signature),
  };
}

/** There may be several of one place: of a log that was cut off and written on, they differ. */
function bySeq(anchors: readonly AuditAnchor[]): ReadonlyMap<number, readonly AuditAnchor[]> {
  const groups = new Map<number, AuditAnchor[]>();
  for (const anchor of anchors) groups.set(anchor.seq, [...(groups.get(anchor.seq) ?? []), anchor]);
  return groups;
}
