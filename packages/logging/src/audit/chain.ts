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
}

export function signerOf(given: SigningKey): Signer {
  const key = privateKeyOf(given);
  const id = keyId(createPublicKey(key));
  return {
    key: id,
    sign: (log, head, at) => sign(null, statement(log, head, at), key).toString('base64'),
  };
}

export function publicKeyOf(given: KeyObject | string): KeyObject {
  return typeof given === 'string' ? createPublicKey(given) : given;
}

export function keyId(key: KeyObject): string {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16);
}

/** Whether one of `keys` signed it. */
export function isSignedBy(
  { log, at, key: id, signature }: Omit<AuditCheckpoint, keyof ChainHead>,
  signed: ChainHead,
  keys: readonly KeyObject[],
): boolean {
  const key = keys.find((each) => keyId(each) === id);
  return key !== undefined && verify(null, statement(log, signed, at), key, Buffer.from(signature, 'base64'));
}

function statement(log: string, head: ChainHead, at: string): Buffer {
  return Buffer.from(`seaworthy-audit-checkpoint-v1\n${log}\n${head.seq}\n${head.hash}\n${at}`);
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
