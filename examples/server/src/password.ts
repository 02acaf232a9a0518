import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

/** OWASP Password Storage Cheat Sheet: scrypt with N = 2^15, r = 8, p = 3 (32 MiB a hash). */
const parameters = { cost: 2 ** 15, blockSize: 8, parallelization: 3 };
const keyBytes = 32;

/** Hashes with a salt of its own: `scrypt$32768$8$3$salt$hash`, so that the parameters can rise later. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, parameters);
  const { cost, blockSize, parallelization } = parameters;
  return ['scrypt', cost, blockSize, parallelization, salt.toString('base64'), key.toString('base64')].join(
    '$',
  );
}

/** Compared with when there is no such user, so that an unknown address costs what a wrong password costs. */
const nobody = `scrypt$${parameters.cost}$8$3$${Buffer.alloc(16).toString('base64')}$${Buffer.alloc(keyBytes).toString('base64')}`;

/** Whether `password` is the one that `stored` was made from; `undefined` takes as long and is never right. */
export async function verifyPassword(password: string, stored: string | undefined): Promise<boolean> {
  const [scheme, cost, blockSize, parallelization, salt = '', hash = ''] = (stored ?? nobody).split('$');
  if (scheme !== 'scrypt') throw new Error('a stored password has an unknown scheme');
  const expected = Buffer.from(hash, 'base64');
  const key = await derive(password, Buffer.from(salt, 'base64'), {
    cost: Number(cost),
    blockSize: Number(blockSize),
    parallelization: Number(parallelization),
  });
  return timingSafeEqual(key, expected) && stored !== undefined;
}

function derive(password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(
      password.normalize('NFKC'),
      salt,
      keyBytes,
      { ...options, maxmem: 64 * 1024 ** 2 },
      (error, key) => (error === null ? resolve(key) : reject(error)),
    );
  });
}
