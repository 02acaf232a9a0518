import { execFile } from 'node:child_process';
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { RetentionPolicy } from '@seaworthy/backup';
import { findProgram } from '@seaworthy/testkit';

const run = promisify(execFile);

/** Kept moments, each with restic's reasons. */
export type ResticVerdict = ReadonlyMap<number, readonly string[]>;

export interface Restic {
  readonly version: string;
  /** What restic would do with every history that was written, by its name. */
  forget(policy: Required<RetentionPolicy>): Promise<ReadonlyMap<string, ResticVerdict>>;
}

interface Key {
  readonly encrypt: Buffer;
  readonly macKey: Buffer;
  readonly macR: Buffer;
}

/**
 * A real repository of restic. Its snapshots are written by us in restic's own format, under its own key, because thousands of
 * `restic backup --time` would take an hour; what forgets is restic.
 */
export async function resticWith(
  folder: string,
  histories: ReadonlyMap<string, readonly number[]>,
): Promise<Restic> {
  const program = findProgram('restic') ?? 'restic';
  const env = { PATH: process.env.PATH, HOME: folder, TZ: 'UTC', RESTIC_PASSWORD: 'retention' };
  const repository = join(folder, 'repository');
  const restic = async (...args: readonly string[]): Promise<string> => {
    const options = { env, maxBuffer: 1 << 28 };
    return (await run(program, ['--repo', repository, '--no-cache', ...args], options)).stdout;
  };
  await restic('init', '--repository-version', '1');
  const master = JSON.parse(await restic('cat', 'masterkey'));
  const key: Key = {
    encrypt: Buffer.from(master.encrypt, 'base64'),
    macKey: Buffer.from(master.mac.k, 'base64'),
    macR: Buffer.from(master.mac.r, 'base64'),
  };
  await mkdir(join(repository, 'snapshots'), { recursive: true });
  for (const [hostname, moments] of histories) {
    for (const moment of moments) {
      const snapshot = {
        time: new Date(moment).toISOString(),
        tree: '0'.repeat(64),
        paths: ['/data'],
        hostname,
        username: 'root',
      };
      const bytes = sealed(Buffer.from(JSON.stringify(snapshot)), key);
      const name = createHash('sha256').update(bytes).digest('hex');
      await writeFile(join(repository, 'snapshots', name), bytes);
    }
  }
  return {
    version: (await restic('version')).trim(),
    async forget(policy) {
      const groups = JSON.parse(await restic('forget', '--dry-run', '--json', ...flags(policy)));
      const verdicts = new Map<string, ResticVerdict>();
      for (const { host, reasons } of groups) {
        const kept = reasons.map((one: { snapshot: { time: string }; matches: readonly string[] }) => [
          Date.parse(one.snapshot.time),
          one.matches,
        ]);
        verdicts.set(host, new Map(kept));
      }
      return verdicts;
    },
  };
}

function flags(policy: Required<RetentionPolicy>): readonly string[] {
  const rules = [
    ['last', policy.keepLast],
    ['hourly', policy.hourly],
    ['daily', policy.daily],
    ['weekly', policy.weekly],
    ['monthly', policy.monthly],
    ['yearly', policy.yearly],
  ] as const;
  return [
    '--group-by=host',
    ...rules.filter(([, count]) => count > 0).map(([rule, count]) => `--keep-${rule}=${count}`),
    ...(policy.keepDays > 0 ? [`--keep-within=${policy.keepDays}d`] : []),
  ];
}

/** restic's file format: IV, AES-256-CTR, and a Poly1305-AES code over the ciphertext. */
function sealed(plain: Buffer, { encrypt, macKey, macR }: Key): Buffer {
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-ctr', encrypt, iv);
  const text = Buffer.concat([cipher.update(plain), cipher.final()]);
  const aes = createCipheriv('aes-128-ecb', macKey, null).setAutoPadding(false);
  return Buffer.concat([iv, text, poly1305(text, macR, Buffer.concat([aes.update(iv), aes.final()]))]);
}

function poly1305(message: Buffer, r: Buffer, s: Buffer): Buffer {
  const prime = 2n ** 130n - 5n;
  const factor = littleEndian(r) & 0x0ffffffc0ffffffc0ffffffc0fffffffn;
  let sum = 0n;
  for (let at = 0; at < message.length; at += 16) {
    const block = message.subarray(at, at + 16);
    sum = ((sum + littleEndian(block) + (1n << BigInt(8 * block.length))) * factor) % prime;
  }
  const code = (sum + littleEndian(s)) % (1n << 128n);
  return Buffer.from(code.toString(16).padStart(32, '0'), 'hex').reverse();
}

function littleEndian(bytes: Buffer): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString('hex')}`);
}
