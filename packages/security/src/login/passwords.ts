import { invalidOption, optionsOf, wholeNumber } from '@seaworthy/contracts';
import { SecurityError } from '../security-error.js';
import { type Argon2Like, argon2Hasher } from './argon2-hasher.js';
import { type Argon2Cost, readArgon2Cost, readScryptCost, type ScryptCost } from './password-cost.js';
import type { PasswordHasher } from './password-hasher.js';
import { scryptHasher } from './scrypt-hasher.js';

export interface PasswordsOptions {
  /** The module `@node-rs/argon2`; `false` where native code is refused: then scrypt of node:crypto. */
  readonly argon2: Argon2Like | false;
  /** @defaultValue OWASP's: 19 MiB, 2 passes, 1 lane */
  readonly cost?: Argon2Cost;
  /** @defaultValue OWASP's: 2^17, 8, 1 */
  readonly scryptCost?: ScryptCost;
  /** Hashes at work at once; each takes its memory. @defaultValue 2 */
  readonly concurrency?: number;
  /** Calls that may wait for their turn. @defaultValue 100 */
  readonly maxWaiting?: number;
}

export interface PasswordResult {
  readonly valid: boolean;
  /** Set when the password is right and its hash was made with other settings: keep this one instead. */
  readonly rehashed: string | undefined;
}

export interface Passwords {
  /** @throws SecurityError `SECURITY_PASSWORDS_BUSY`, `SECURITY_PASSWORD_TOO_LONG` above 1024 bytes. */
  hash(password: string): Promise<string>;
  /**
   * Compares a password with a hash. With none, `undefined` for a user that there is not or a database's `null` for one who has
   * no password, it does the same work and says no; so it does for a hash that it cannot read.
   *
   * @throws SecurityError `SECURITY_PASSWORDS_BUSY` when more than `maxWaiting` calls wait: answer 503.
   */
  verify(password: string, stored: string | null | undefined): Promise<PasswordResult>;
}

const readOptions = optionsOf<PasswordsOptions>('createPasswords', {
  argon2: true,
  cost: true,
  scryptCost: true,
  concurrency: true,
  maxWaiting: true,
});

const maxBytes = 1_024;

/**
 * Hashes passwords with Argon2id or, where native code is refused, scrypt; by the settings of OWASP's Password Storage Cheat
 * Sheet, which weaker ones are refused against. Reads scrypt hashes in either case, and moves users over as they log in.
 *
 * @example
 * import * as argon2 from '@node-rs/argon2';
 * const passwords = createPasswords({ argon2 });
 * const { valid, rehashed } = await passwords.verify(given, user?.passwordHash);
 */
export function createPasswords(options: PasswordsOptions): Passwords {
  const { argon2, cost, scryptCost, concurrency = 2, maxWaiting = 100 } = readOptions(options);
  if (argon2 !== false && (typeof argon2?.hash !== 'function' || typeof argon2.verify !== 'function')) {
    throw invalidOption('createPasswords', 'argon2', 'the module @node-rs/argon2, or false for scrypt');
  }
  wholeNumber('createPasswords', 'concurrency', concurrency, { min: 1, max: 64 });
  wholeNumber('createPasswords', 'maxWaiting', maxWaiting, { min: 0, max: 100_000 });
  const scrypt = scryptHasher(readScryptCost(scryptCost));
  const main = argon2 === false ? scrypt : argon2Hasher(argon2, readArgon2Cost(cost));
  const hashers: readonly PasswordHasher[] = main === scrypt ? [scrypt] : [main, scrypt];
  const inTurn = turns(concurrency, maxWaiting);

  async function compare(password: string, stored: string): Promise<boolean | undefined> {
    const hasher = hashers.find((each) => each.reads(stored));
    if (hasher === undefined) return undefined;
    return hasher.verify(password, stored).catch(() => undefined);
  }

  return {
    async hash(password) {
      if (tooLong(password)) {
        throw new SecurityError(`A password has at most ${maxBytes} bytes. Ask for a shorter one.`, {
          code: 'SECURITY_PASSWORD_TOO_LONG',
        });
      }
      return inTurn(() => main.hash(password));
    },
    verify(password, stored) {
      return inTurn(async () => {
        const known =
          typeof stored !== 'string' || tooLong(password) ? undefined : await compare(password, stored);
        if (known === undefined) await main.verify(tooLong(password) ? '' : password, main.nobody);
        const valid = known === true;
        const outdated = valid && stored?.startsWith(main.head) !== true;
        return { valid, rehashed: outdated ? await main.hash(password) : undefined };
      });
    },
  };
}

function tooLong(password: string): boolean {
  return Buffer.byteLength(password) > maxBytes;
}

/** Runs so many at once, in order, and lets so many wait. */
function turns(concurrency: number, maxWaiting: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: Array<() => void> = [];
  let running = 0;
  return async (work) => {
    if (running >= concurrency) {
      if (waiting.length >= maxWaiting) {
        throw new SecurityError(
          'Too many passwords are being compared. Answer 503 and let the client try again.',
          {
            code: 'SECURITY_PASSWORDS_BUSY',
          },
        );
      }
      await new Promise<void>((resolve) => waiting.push(resolve));
    } else running += 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next(); // the turn is handed over
    }
  };
}
