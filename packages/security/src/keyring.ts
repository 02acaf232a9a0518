import { createHmac, timingSafeEqual } from 'node:crypto';
import { invalidOption, Secret } from '@seaworthy/contracts';

/** A secret of at least 32 characters. */
export type KeyInput = Secret | string;

/** Secrets of which the first signs and all are believed, so that one can be replaced while what it signed is still about. */
export interface Keyring {
  /** By the first key. */
  sign(purpose: string, text: string): string;
  /** Whether one of the keys signed it, in a time that does not depend on where it differs. */
  verify(purpose: string, text: string, signature: string): boolean;
  /** 128 bits of each key's signature, the first key's first: a name that nobody without the keys can compute. */
  names(purpose: string, text: string): readonly [string, ...string[]];
}

/** RFC 7518, 3.2 asks for as many bits as the hash has; a word of 32 characters is the least that can hold them. */
const leastLength = 32;

/** @throws OptionsError for no key, more than 16, or one that is too short. */
export function createKeyring(owner: string, name: string, keys: readonly KeyInput[]): Keyring {
  const secrets = (Array.isArray(keys) ? keys : []).map((key) => (Secret.is(key) ? key.reveal() : key));
  const [first, ...older] = secrets.filter(
    (secret): secret is string => typeof secret === 'string' && secret.length >= leastLength,
  );
  if (first === undefined || older.length + 1 !== secrets.length || secrets.length > 16) {
    throw invalidOption(
      owner,
      name,
      `1 to 16 secrets of at least ${leastLength} characters, the newest first`,
    );
  }
  // The purpose comes first and holds no zero byte, so no signature of one use is one of another.
  const mac = (key: string, purpose: string, text: string): Buffer =>
    createHmac('sha256', key).update(`${purpose}\0${text}`).digest();
  return {
    sign: (purpose, text) => mac(first, purpose, text).toString('base64url'),
    verify(purpose, text, signature) {
      const given = Buffer.from(signature, 'base64url');
      if (given.length !== 32 || given.toString('base64url') !== signature) return false;
      return [first, ...older].some((key) => timingSafeEqual(mac(key, purpose, text), given));
    },
    names(purpose, text) {
      const nameBy = (key: string): string => mac(key, purpose, text).toString('base64url').slice(0, 22);
      return [nameBy(first), ...older.map(nameBy)];
    },
  };
}
