import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { invalidOption, Secret } from '@seaworthy/contracts';

/** Where a chain stands: the number and the hash of its last record. */
export interface ChainHead {
  readonly seq: number;
  /** 64 hexadecimal digits. */
  readonly hash: string;
}

/**
 * The place of a checkpoint's own record, and its signature over all before it. Whoever keeps it elsewhere can tell whether the log
 * still is what it was.
 */
export interface AuditCheckpoint extends ChainHead {
  /** Which log: given when it was begun. */
  readonly log: string;
  readonly at: string;
  /** Which key signed: the beginning of its SHA-256. */
  readonly key: string;
  /** Ed25519, base64. */
  readonly signature: string;
}

/** Before the first record. */
export const genesis: ChainHead = { seq: -1, hash: '0'.repeat(64) };

/** Each record's hash covers the record before it, so that none can be changed, left out or moved without all that follow. */
export function hashOf(previous: string, body: string | Uint8Array): string {
  return createHash('sha256').update(previous).update('\n').update(body).digest('hex');
}

/** A private key as callers have it. */
export type SigningKey = KeyObject | Secret | string;

export interface Signer {
  readonly key: string;
  /** The signature of a checkpoint that stands behind `head`. */
  sign(log: string, head: ChainHead, at: string): string;
  signPurge(purge: Purge): string;
  /** Whether this key, or one before it, made the checkpoint behind `head`; `undefined` when it says another did. */
  made(claim: Claim, head: ChainHead): boolean | undefined;
}

/** What a purge took away. Signed, because it excuses a beginning that is missing. */
export interface Purge {
  readonly log: string;
  /** The last record that may be gone. */
  readonly through: number;
  /** Of that record. */
  readonly hash: string;
  /** Nothing younger is gone: a time in ISO 8601. */
  readonly before: string;
}

/** What a record says of its signature. */
export interface Claim {
  readonly log: string;
  readonly at: string;
  readonly key: string;
  readonly signature: string;
}

export function signerOf(given: SigningKey, formerKeys: ReadonlyArray<KeyObject | string> = []): Signer {
  const key = privateKeyOf(given);
  const publicKey = createPublicKey(key);
  const id = keyId(publicKey);
  const known = knownKeys([publicKey, ...formerKeys]);
  const signed = (statement: Buffer): string => sign(null, statement, key).toString('base64');
  return {
    key: id,
    sign: (log, head, at) => signed(checkpointStatement(log, head, at)),
    signPurge: (purge) => signed(purgeStatement(purge)),
    made: (claim, head) => (known.has(claim.key) ? isSignedBy(claim, head, known) : undefined),
  };
}

/** Public keys by their names. */
export type KnownKeys = ReadonlyMap<string, KeyObject>;

export function knownKeys(given: ReadonlyArray<KeyObject | string>): KnownKeys {
  return new Map(
    given
      .map((key) => (typeof key === 'string' ? createPublicKey(key) : key))
      .map((key) => [keyId(key), key] as const),
  );
}

function keyId(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16);
}

/** Whether one of `keys` signed the checkpoint behind `head`. */
export function isSignedBy(claim: Claim, head: ChainHead, keys: KnownKeys): boolean {
  return isSigned(claim, checkpointStatement(claim.log, head, claim.at), keys);
}

/** Whether one of `keys` signed the purge. */
export function isPurgeSignedBy(claim: Claim, purge: Purge, keys: KnownKeys): boolean {
  return isSigned(claim, purgeStatement(purge), keys);
}

function isSigned({ key: id, signature }: Claim, statement: Buffer, keys: KnownKeys): boolean {
  const key = keys.get(id);
  return key !== undefined && verify(null, statement, key, Buffer.from(signature, 'base64'));
}

function checkpointStatement(log: string, head: ChainHead, at: string): Buffer {
  return Buffer.from(`seaworthy-audit-checkpoint-v1\n${log}\n${head.seq}\n${head.hash}\n${at}`);
}

function purgeStatement({ log, through, hash, before }: Purge): Buffer {
  return Buffer.from(`seaworthy-audit-purge-v1\n${log}\n${through}\n${hash}\n${before}`);
}

function privateKeyOf(given: SigningKey): KeyObject {
  let key: KeyObject | undefined;
  try {
    const pem = Secret.is(given) ? given.reveal() : given;
    key = typeof pem === 'string' || pem instanceof Uint8Array ? createPrivateKey(Buffer.from(pem)) : pem;
  } catch {
    // The reason could quote the key.
  }
  if (key?.asymmetricKeyType !== 'ed25519' || key.type !== 'private') {
    throw invalidOption(
      'createAuditLog',
      'key',
      'an Ed25519 private key: a KeyObject, or PEM as a text or Secret',
    );
  }
  return key;
}
