import { randomBytes } from 'node:crypto';
import type { Argon2Cost } from './password-cost.js';
import type { PasswordHasher } from './password-hasher.js';

/** The part of `@node-rs/argon2` that is needed. */
export interface Argon2Like {
  hash(password: string, options: Argon2Settings): Promise<string>;
  verify(hashed: string, password: string): Promise<boolean>;
}

export interface Argon2Settings {
  readonly memoryCost: number;
  readonly timeCost: number;
  readonly parallelism: number;
  readonly outputLen: number;
  /** 2 is Argon2id. */
  readonly algorithm: 2;
}

/** `$argon2id$v=19$m=19456,t=2,p=1$salt$digest` */
export function argon2Hasher(
  argon2: Argon2Like,
  { memoryKiB, passes, parallelism }: Required<Argon2Cost>,
): PasswordHasher {
  const settings: Argon2Settings = {
    memoryCost: memoryKiB,
    timeCost: passes,
    parallelism,
    outputLen: 32,
    algorithm: 2,
  };
  const head = `$argon2id$v=19$m=${memoryKiB},t=${passes},p=${parallelism}$`;
  return {
    head,
    nobody: `${head}${words(16)}$${words(32)}`,
    reads: (stored) => stored.startsWith('$argon2'),
    hash: (password) => argon2.hash(password, settings),
    verify: (password, stored) => argon2.verify(stored, password),
  };
}

function words(bytes: number): string {
  return randomBytes(bytes).toString('base64').replaceAll('=', '');
}
