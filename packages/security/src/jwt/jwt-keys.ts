import { createPublicKey, createSecretKey, KeyObject } from 'node:crypto';
import { invalidOption, Secret } from '@seaworthy/contracts';
import type { KeyInput } from '../keyring.js';

/** What a key can sign with; a token never chooses. */
export type JwtAlgorithm = 'HS256' | 'EdDSA' | 'ES256' | 'RS256' | 'PS256';

/** A key and the name that tokens know it by. A secret is for HS256; the pair is for the others, a public half alone verifies. */
export type JwtKey =
  | { readonly kid: string; readonly secret: KeyInput }
  | { readonly kid: string; readonly privateKey: KeyObject }
  | { readonly kid: string; readonly publicKey: KeyObject };

export interface JwtKeys {
  /** `undefined` where this process verifies only. */
  readonly signing: { readonly kid: string; readonly key: KeyObject } | undefined;
  /** By key id. */
  readonly verifying: ReadonlyMap<string, KeyObject>;
}

/** @throws OptionsError for keys that do not fit the algorithm, are too short (RFC 7518) or share a name. */
export function readJwtKeys(owner: string, algorithm: JwtAlgorithm, keys: readonly JwtKey[]): JwtKeys {
  const isFit = fits[algorithm];
  if (isFit === undefined) throw invalidOption(owner, 'algorithm', `one of ${Object.keys(fits).join(', ')}`);
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > 16) {
    throw invalidOption(owner, 'keys', '1 to 16 keys, the one that signs first');
  }
  const read = keys.map((key: JwtKey) => {
    const { kid } = key;
    if (typeof kid !== 'string' || !/^[\w.-]{1,64}$/.test(kid)) {
      throw invalidOption(owner, 'keys', 'keys whose kid is 1 to 64 letters, digits and . _ -');
    }
    const found = keyOf(key);
    if (found === undefined || !isFit(found)) throw invalidOption(owner, 'keys', expected[algorithm]);
    return { kid, key: found };
  });
  const verifying = new Map(
    read.map(({ kid, key }) => [kid, key.type === 'private' ? createPublicKey(key) : key]),
  );
  if (verifying.size !== keys.length) throw invalidOption(owner, 'keys', 'keys with a kid of their own each');
  const [first] = read;
  return { signing: first?.key.type === 'public' ? undefined : first, verifying };
}

function keyOf(key: JwtKey): KeyObject | undefined {
  if ('secret' in key) {
    const secret = Secret.is(key.secret) ? key.secret.reveal() : key.secret;
    return typeof secret === 'string' ? createSecretKey(secret, 'utf8') : undefined;
  }
  const found: unknown = 'privateKey' in key ? key.privateKey : key.publicKey;
  if (!(found instanceof KeyObject)) return undefined;
  return found.type === ('privateKey' in key ? 'private' : 'public') ? found : undefined;
}

const isRsa = (key: KeyObject): boolean =>
  key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 2_048;

const fits: Readonly<Record<JwtAlgorithm, (key: KeyObject) => boolean>> = {
  HS256: (key) => key.type === 'secret' && (key.symmetricKeySize ?? 0) >= 32,
  EdDSA: (key) => key.asymmetricKeyType === 'ed25519',
  ES256: (key) => key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1',
  RS256: isRsa,
  PS256: isRsa,
};

const expected: Readonly<Record<JwtAlgorithm, string>> = {
  HS256: 'secrets of at least 32 characters',
  EdDSA: 'KeyObjects of Ed25519',
  ES256: 'KeyObjects of the curve P-256',
  RS256: 'KeyObjects of RSA with at least 2048 bits',
  PS256: 'KeyObjects of RSA with at least 2048 bits',
};
