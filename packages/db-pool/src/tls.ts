import { type Environment, invalidOption, isLocalHost, optionsOf, Secret } from '@seaworthy/contracts';

/** PEM text or its bytes. */
export type Pem = string | Uint8Array;

/** How the server proves who it is, and the client if the server asks. There is no switch that turns the check off. */
export interface TlsSettings {
  /** Who may have signed the server's certificate. @defaultValue the authorities that Node trusts */
  readonly ca?: Pem | readonly Pem[] | undefined;
  /** The client's own certificate, with its `key`. */
  readonly cert?: Pem | undefined;
  readonly key?: Pem | Secret | undefined;
}

/** What Node's `tls.connect` takes. */
export interface TlsTarget {
  readonly ca?: Buffer[];
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/**
 * What is known of the way to the server before anything connects: `verified` is encrypted, with the certificate's authority
 * and host name checked; `local` does not leave the machine.
 */
export type Protection = 'local' | 'plaintext' | 'unverified' | 'verified';

const readSettings = optionsOf<TlsSettings>('createDb tls', { ca: true, cert: true, key: true });

/** @throws OptionsError that repeats no key. */
export function readTls(
  owner: string,
  tls: boolean | TlsSettings | undefined,
): TlsTarget | false | undefined {
  if (tls === undefined || tls === false) return tls;
  const { ca, cert, key } = readSettings(tls === true ? {} : tls);
  if ((cert === undefined) !== (key === undefined)) {
    throw invalidOption(owner, 'tls', 'given with both cert and key, or with neither');
  }
  return {
    ...(ca === undefined ? {} : { ca: [ca].flat().map((pem) => bytesOf(owner, 'tls.ca', pem)) }),
    ...(cert === undefined ? {} : { cert: bytesOf(owner, 'tls.cert', cert) }),
    ...(key === undefined ? {} : { key: bytesOf(owner, 'tls.key', Secret.is(key) ? key.reveal() : key) }),
  };
}

/** A path instead of the text is the usual mistake, and OpenSSL's answer to it says nothing. */
function bytesOf(owner: string, name: string, pem: Pem): Buffer {
  const bytes = Buffer.from(pem);
  if (bytes.includes('-----BEGIN ')) return bytes;
  throw invalidOption(owner, name, 'PEM text ("-----BEGIN …"), not a path: read the file first');
}

/**
 * Refuses a way to the server on which passwords and rows could be read or changed, where that matters.
 *
 * @throws OptionsError in `staging` and `production`, for a server on another machine without verified TLS.
 */
export function requireProtection(
  owner: string,
  { address, protection }: { readonly address: string; readonly protection: Protection },
  environment: Environment,
): void {
  if (environment === 'development' || environment === 'test') return;
  if (protection === 'plaintext') {
    throw invalidOption(
      owner,
      'tls',
      `given: ${address} is another machine and the connection would not be encrypted. Pass tls: { ca } (or tls: true for a public authority), or environment: 'development' where that is true`,
    );
  }
  if (protection === 'unverified') {
    throw invalidOption(
      owner,
      'tls',
      `given instead of a setting that does not check the certificate of ${address}: anybody on the way could pose as it. Pass tls: { ca }`,
    );
  }
}

/** What an `ssl` option, as pg and mysql2 take it, protects from. */
export function protectionOf(host: string, ssl: unknown): Protection {
  if (isLocalHost(host)) return 'local';
  if (ssl === true) return 'verified';
  if (typeof ssl !== 'object' || ssl === null) return 'plaintext';
  const checks =
    Reflect.get(ssl, 'rejectUnauthorized') !== false &&
    Reflect.get(ssl, 'verifyIdentity') !== false &&
    Reflect.get(ssl, 'checkServerIdentity') === undefined;
  return checks ? 'verified' : 'unverified';
}
