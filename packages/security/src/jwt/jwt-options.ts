import { type Clock, type DurationInput, optionsOf } from '@seaworthy/contracts';
import type { JoseLike } from './jose-like.js';
import type { JwtAlgorithm, JwtKey } from './jwt-keys.js';
import type { JwtRevocations } from './revocations.js';

export interface JwtOptions {
  /** The module: `import * as jose from 'jose'`. */
  readonly jose: JoseLike;
  /** The only one that is signed with and believed. */
  readonly algorithm: JwtAlgorithm;
  /** The first signs, all are believed, each by its own `kid`. To replace one, put the new one first and keep the old for `lifetime`. */
  readonly keys: readonly JwtKey[];
  /** Who makes the tokens: a token of anybody else is refused. */
  readonly issuer: string;
  /** Whom they are for: a token for anybody else is refused. */
  readonly audience: string;
  /** A token is never valid for longer, whatever it says. @defaultValue '15m' */
  readonly lifetime?: DurationInput;
  /** What the clocks of issuer and verifier may be apart, at most a minute. @defaultValue 0 */
  readonly leeway?: DurationInput;
  /** A longer token is refused before it is looked into. @defaultValue 8192 */
  readonly maxBytes?: number;
  /** Asked for every token that is otherwise valid. @defaultValue nothing is revoked before it expires */
  readonly revocations?: JwtRevocations;
  /** @defaultValue systemClock */
  readonly clock?: Clock;
}

export const readJwtOptions = optionsOf<JwtOptions>('createJwt', {
  jose: true,
  algorithm: true,
  keys: true,
  issuer: true,
  audience: true,
  lifetime: true,
  leeway: true,
  maxBytes: true,
  revocations: true,
  clock: true,
});

/** The lifetimes of two production guides. With the default, short ones and refresh tokens, a stolen token is worth less. */
export const jwtPresets = {
  crm: { algorithm: 'HS256', lifetime: '24h' },
  kpi: { algorithm: 'HS256', lifetime: '7d' },
} as const satisfies Record<string, Pick<JwtOptions, 'algorithm' | 'lifetime'>>;
