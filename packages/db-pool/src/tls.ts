import { invalidOption, optionsOf, Secret } from '@seaworthy/contracts';

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

/** What {@link readTls} takes to make a connection encrypted and checked, for messages. */
export const protectionFixes = {
  plaintext: { option: 'tls', expected: 'given', fix: 'tls: { ca } (or tls: true for a public authority)' },
  unverified: {
    option: 'tls',
    expected: 'given instead of a setting that does not check',
    fix: 'tls: { ca }',
  },
} as const;
