import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { ScryptCost } from './password-cost.js';
import type { PasswordHasher } from './password-hasher.js';

const derive: (password: string, salt: Buffer, length: number, options: ScryptOptions) => Promise<Buffer> =
  promisify(scrypt);

const digestBytes = 32;
const shape = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w+/]{16,128})\$([\w+/]{43})$/;

/** `$scrypt$ln=17,r=8,p=1$salt$digest`, from node:crypto, where native code is refused. */
export function scryptHasher({ costLog2, blockSize, parallelism }: Required<ScryptCost>): PasswordHasher {
  const head = `$scrypt$ln=${costLog2},r=${blockSize},p=${parallelism}$`;
  const settings = optionsOf(costLog2, blockSize, parallelism);
  return {
    head,
    nobody: `${head}${words(randomBytes(16))}$${words(randomBytes(digestBytes))}`,
    reads: (stored) => stored.startsWith('$scrypt$'),
    async hash(password) {
      const salt = randomBytes(16);
      return `${head}${words(salt)}$${words(await derive(password, salt, digestBytes, settings))}`;
    },
    async verify(password, stored) {
      const [, ln = '', r = '', p = '', salt = '', digest = ''] = shape.exec(stored) ?? [];
      // More than anybody's settings would let a row in a table take the machine.
      if (ln === '' || Number(ln) > 20 || Number(r) > 32 || Number(p) > 16)
        throw new TypeError('Unreadable hash');
      const wanted = Buffer.from(digest, 'base64');
      const options = optionsOf(Number(ln), Number(r), Number(p));
      return timingSafeEqual(
        await derive(password, Buffer.from(salt, 'base64'), digestBytes, options),
        wanted,
      );
    },
  };
}

function optionsOf(costLog2: number, blockSize: number, parallelism: number): ScryptOptions {
  const N = 2 ** costLog2;
  return {
    N,
    r: blockSize,
    p: parallelism,
    maxmem: 128 * N * blockSize + 128 * blockSize * parallelism * 2 + 1_048_576,
  };
}

function words(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
