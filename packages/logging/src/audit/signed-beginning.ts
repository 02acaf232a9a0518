import { AuditError } from './audit-error.js';
import { hashOf, type Signer } from './chain.js';

/** Where a log may begin after a purge. */
export interface Beginning {
  readonly seq: number;
  /** The hash of the record before it. */
  readonly previous: string;
}

/**
 * Reads the first two records of a part of a log, and makes sure that they were signed as such, and that long ago: who can write there could
 * have changed dates, so that a purge takes what is young and signs that it did.
 *
 * @throws AuditError `AUDIT_FORMAT`
 */
export function signedBeginning(
  [segment, checkpoint]: readonly [segment: Uint8Array, checkpoint: Uint8Array],
  signer: Signer,
  log: string,
  before: number,
): Beginning {
  const first = read(segment);
  const second = read(checkpoint);
  const { seq, previous, at } = first.body;
  const { key, signature, at: signedAt, type, log: signedLog } = second.body;
  const claim = { log, key: String(key), signature: String(signature), at: String(signedAt) };
  if (
    typeof seq === 'number' &&
    first.body.type === 'segment' &&
    hashOf(String(previous), first.bytes) === first.hash &&
    type === 'checkpoint' &&
    signedLog === log &&
    Date.parse(String(at)) <= before &&
    signer.made(claim, { seq, hash: first.hash }) === true
  ) {
    return { seq, previous: String(previous) };
  }
  throw new AuditError(
    'Nothing was purged: the records that the audit log would begin with are not those that a known key signed. Give the public keys from before as formerKeys; else run verifyAudit.',
    { code: 'AUDIT_FORMAT' },
  );
}

function read(line: Uint8Array) {
  const bytes = line.subarray(65);
  const hash = Buffer.from(line.subarray(0, 64)).toString('latin1');
  try {
    const body: Readonly<Record<string, unknown>> = Object(JSON.parse(Buffer.from(bytes).toString()));
    return { hash, bytes, body };
  } catch {
    return { hash, bytes, body: {} };
  }
}
