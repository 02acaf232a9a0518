import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { inflateSync } from 'node:zlib';
import { BackupError } from '@seaworthy/backup';
import { Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import * as vectors from 'cctv-age';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endOfAgeHeader, makeAgeHeader, openAgeHeader } from '../src/pipeline/age-header.js';
import { PayloadEncrypter } from '../src/pipeline/age-payload.js';
import { decryptAge } from '../src/pipeline/decrypt-age.js';
import { temporaryFolder } from './support/fixtures.js';

const run = promisify(execFile);
const chunkBytes = 64 * 1024;
const ageProgram = 'age';

async function keys(): Promise<{ readonly identity: string; readonly recipient: string }> {
  const identity = await generateX25519Identity();
  return { identity, recipient: await identityToRecipient(identity) };
}

async function encrypt(recipients: readonly string[], plain: Buffer, step = plain.length): Promise<Buffer> {
  const header = await makeAgeHeader(recipients);
  const nonce = randomBytes(16);
  const encrypter = new PayloadEncrypter(header.fileKey, nonce);
  const out: Buffer[] = [header.bytes, nonce];
  for (let at = 0; at < plain.length; at += Math.max(step, 1))
    out.push(...encrypter.push(plain.subarray(at, at + step)));
  out.push(encrypter.finish());
  return Buffer.concat(out);
}

async function* inSteps(bytes: Buffer, step: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step);
}

/** What comes out before the end or the refusal. */
async function decrypt(
  file: Buffer,
  identities: readonly string[],
  step = 60_000,
): Promise<{ readonly plain: Buffer; readonly error: unknown }> {
  const out: Buffer[] = [];
  try {
    for await (const chunk of decryptAge(inSteps(file, step), { identities })) out.push(chunk);
    return { plain: Buffer.concat(out), error: undefined };
  } catch (error) {
    return { plain: Buffer.concat(out), error };
  }
}

describe('the published test vectors of the age format', () => {
  const x25519 = Object.entries(vectors).flatMap(([name, bytes]) => {
    const file = Buffer.from(bytes);
    const blank = file.indexOf('\n\n');
    const lines = file.subarray(0, blank).toString('utf8').split('\n');
    const field = (key: string): string | undefined =>
      lines.find((line) => line.startsWith(`${key}: `))?.slice(key.length + 2);
    const body = file.subarray(blank + 2);
    const identities = lines.filter((line) => line.startsWith('identity: ')).map((line) => line.slice(10));
    // Passphrases, armor and keys other than X25519 are not for backups.
    const isOurs =
      field('armored') === undefined &&
      field('passphrase') === undefined &&
      identities.every((identity) => identity.startsWith('AGE-SECRET-KEY-1'));
    const age = field('compressed') === 'zlib' ? inflateSync(body) : body;
    return isOurs ? [{ name, age, identities, expect: field('expect'), payload: field('payload') }] : [];
  });

  it('are read by the hundred', () => {
    expect(Object.keys(vectors).length).toBeGreaterThan(100);
    expect(x25519.length).toBeGreaterThan(60);
    expect(x25519.filter((vector) => vector.expect === 'success').length).toBeGreaterThan(8);
    expect(x25519.filter((vector) => vector.expect === 'payload failure').length).toBeGreaterThan(10);
  });

  it.each(x25519)('$name: $expect', async ({ age, identities, expect: outcome, payload }) => {
    for (const step of [1_000, 65_552, 1_000_000]) {
      const { plain, error } = await decrypt(age, identities, step);
      if (outcome === 'success') expect(error).toBeUndefined();
      else expect(BackupError.is(error) && error.code).toMatch(/^BACKUP_(?:CORRUPT|NO_KEY)$/);
      if (outcome === 'no match') expect(error).toMatchObject({ code: 'BACKUP_NO_KEY' });
      // On a refusal we may have given less than others would: a full chunk waits until the one after it is there.
      if (outcome === 'success') expect(createHash('sha256').update(plain).digest('hex')).toBe(payload);
    }
  });
});

const lengths = [0, 1, chunkBytes - 1, chunkBytes, chunkBytes + 1, 2 * chunkBytes, 3 * chunkBytes + 7];

describe('a file of ours', () => {
  it.each(lengths)('of %i bytes is opened by the age library, by each of the recipients', async (length) => {
    const [one, two] = [await keys(), await keys()];
    const plain = randomBytes(length);
    const file = await encrypt([one.recipient, two.recipient], plain, 10_000);
    for (const { identity } of [one, two]) {
      const decrypter = new Decrypter();
      decrypter.addIdentity(identity);
      expect(Buffer.from(await decrypter.decrypt(file)).equals(plain)).toBe(true);
    }
  });

  it.each(lengths)('of %i bytes written by the age library is read by us', async (length) => {
    const { identity, recipient } = await keys();
    const plain = randomBytes(length);
    const encrypter = new Encrypter();
    encrypter.addRecipient(recipient);
    const { plain: read, error } = await decrypt(Buffer.from(await encrypter.encrypt(plain)), [identity]);
    expect(error).toBeUndefined();
    expect(read.equals(plain)).toBe(true);
  });

  it('is opened by the age program, and one of the program by us', async () => {
    const { identity, recipient } = await keys();
    const folder = await temporaryFolder();
    const key = join(folder, 'key');
    await writeFile(key, identity);
    for (const length of lengths) {
      const plain = randomBytes(length);
      const ours = join(folder, `ours-${length}`);
      await writeFile(ours, await encrypt([recipient], plain));
      const { stdout } = await run(ageProgram, ['--decrypt', '-i', key, ours], {
        encoding: 'buffer',
        maxBuffer: 1e9,
      });
      expect(stdout.equals(plain)).toBe(true);
      const theirs = join(folder, `theirs-${length}`);
      const child = spawn(ageProgram, ['-r', recipient, '-o', theirs]);
      child.stdin.end(plain);
      await new Promise((resolve) => child.once('close', resolve));
      const { plain: read, error } = await decrypt(await readFile(theirs), [identity]);
      expect(error).toBeUndefined();
      expect(read.equals(plain)).toBe(true);
    }
  });

  it('[row 100] cannot be read without a key, and says so', async () => {
    const [one, other] = [await keys(), await keys()];
    const file = await encrypt([one.recipient], Buffer.from('a row of a customer'));
    expect(file.includes('customer')).toBe(false);
    for (const identities of [[], [other.identity]]) {
      const { plain, error } = await decrypt(file, identities);
      expect(error).toMatchObject({ code: 'BACKUP_NO_KEY', stage: 'decrypt', tool: 'age' });
      expect(plain).toHaveLength(0);
      expect(String(error)).not.toContain('AGE-SECRET-KEY-1Q');
    }
  });

  it('[row 100] with one flipped bit anywhere is refused, and nothing of the changed chunk comes out', async () => {
    const { identity, recipient } = await keys();
    const plain = randomBytes(2 * chunkBytes + 500);
    const file = await encrypt([recipient], plain);
    const header = endOfAgeHeader(file) ?? 0;
    await fc.assert(
      fc.asyncProperty(fc.nat(file.length * 8 - 1), async (bit) => {
        const changed = Buffer.from(file);
        const at = bit >> 3;
        changed[at] = (changed[at] ?? 0) ^ (1 << (bit & 7));
        const { plain: read, error } = await decrypt(changed, [identity]);
        expect(BackupError.is(error) && error.code).toMatch(/^BACKUP_(?:CORRUPT|NO_KEY)$/);
        expect(read.equals(plain.subarray(0, read.length))).toBe(true);
        const chunk = Math.max(Math.floor((at - header - 16) / (chunkBytes + 16)), 0);
        expect(read.length).toBeLessThanOrEqual(chunk * chunkBytes);
      }),
      { numRuns: 200 },
    );
  });

  it('cut off at every chunk boundary and a byte beside it is refused', async () => {
    const { identity, recipient } = await keys();
    const file = await encrypt([recipient], randomBytes(5 * chunkBytes + 100));
    const start = (endOfAgeHeader(file) ?? 0) + 16;
    const boundaries = [0, 1, 2, 3, 4, 5].map((chunk) => start + chunk * (chunkBytes + 16));
    for (const boundary of [...boundaries, file.length]) {
      for (const length of [boundary - 1, boundary, boundary + 1].filter((one) => one < file.length)) {
        const { error } = await decrypt(file.subarray(0, length), [identity]);
        expect(error).toMatchObject({ code: 'BACKUP_CORRUPT', stage: 'decrypt' });
      }
    }
    expect((await decrypt(Buffer.concat([file, Buffer.alloc(1)]), [identity])).error).toMatchObject({
      code: 'BACKUP_CORRUPT',
    });
  });

  it('has a header that can be replaced by one for other recipients without touching the payload', async () => {
    const [old, next] = [await keys(), await keys()];
    const plain = randomBytes(chunkBytes + 1);
    const file = await encrypt([old.recipient], plain);
    const end = endOfAgeHeader(file) ?? 0;
    const fileKey = await openAgeHeader(file.subarray(0, end), [old.identity]);
    const header = await makeAgeHeader([next.recipient], fileKey);
    const rotated = Buffer.concat([header.bytes, file.subarray(end)]);
    const decrypter = new Decrypter();
    decrypter.addIdentity(next.identity);
    expect(Buffer.from(await decrypter.decrypt(rotated)).equals(plain)).toBe(true);
    expect((await decrypt(rotated, [old.identity])).error).toMatchObject({ code: 'BACKUP_NO_KEY' });
  });
});
