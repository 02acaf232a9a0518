import { createHash, timingSafeEqual, X509Certificate } from 'node:crypto';
import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { invalidOption, optionsOf } from '@seaworthy/contracts';
import { SecurityError } from '../security-error.js';

export interface PinnedIdentityOptions {
  /**
   * The keys that a server may have, `sha256/` and 44 characters of base64 (RFC 7469): the one in use and at least one kept
   * aside, or the day that the first is replaced is an outage.
   */
  readonly pins: readonly string[];
}

/** What `tls.connect`, `https.Agent` and undici's `connect` take as `checkServerIdentity`. */
export type CheckServerIdentity = (host: string, certificate: PeerCertificate) => Error | undefined;

const readOptions = optionsOf<PinnedIdentityOptions>('pinnedIdentity', { pins: true });

/**
 * Accepts a server only with a public key that is known here, on top of what TLS checks: name, chain and dates.
 *
 * The refusal is a SecurityError, `SECURITY_PIN_MISMATCH`.
 *
 * @throws OptionsError for fewer than two pins, and for what is no pin.
 *
 * @example
 * const agent = new https.Agent({ checkServerIdentity: pinnedIdentity({ pins: [pinInUse, pinInReserve] }) });
 */
export function pinnedIdentity(options: PinnedIdentityOptions): CheckServerIdentity {
  const { pins } = readOptions(options);
  const valid =
    Array.isArray(pins) && new Set(pins).size >= 2 && pins.every((pin) => /^sha256\/[\w+/]{43}=$/.test(pin));
  if (!valid) {
    throw invalidOption(
      'pinnedIdentity',
      'pins',
      'at least two different pins, "sha256/…=": one in use, one in reserve',
    );
  }
  const digests = pins.map((pin) => Buffer.from(pin.slice('sha256/'.length), 'base64'));
  return (host, certificate) => {
    const mismatch = checkServerIdentity(host, certificate);
    if (mismatch !== undefined) return mismatch;
    const digest = digestOf(new X509Certificate(certificate.raw));
    if (digests.some((known) => timingSafeEqual(known, digest))) return undefined;
    return new SecurityError('The server has another key than those that are pinned. Nothing was sent.', {
      code: 'SECURITY_PIN_MISMATCH',
    });
  };
}

/** The pin of a certificate in PEM: of its public key, so that a renewal with the same key keeps it. */
export function pinOf(certificate: string | Buffer): string {
  return `sha256/${digestOf(new X509Certificate(certificate)).toString('base64')}`;
}

function digestOf({ publicKey }: X509Certificate): Buffer {
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
}
