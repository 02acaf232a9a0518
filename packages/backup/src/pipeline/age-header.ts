import { BackupError } from '../backup-error.js';

/** Sixteen random bytes that everything else of one file is derived from. */
type FileKey = Uint8Array;

/** Headers with a hundred recipients are 12 kB; a file without an end of its header must not fill the memory. */
export const maxHeaderBytes = 256 * 1024;

export interface AgeHeader {
  /** Up to and with the line of its MAC. */
  readonly bytes: Buffer;
  readonly fileKey: FileKey;
}

/**
 * A header that lets each of `recipients` (`age1…`) read the file. With `fileKey` it fits a payload that exists already.
 *
 * Keys, stanzas and the MAC are the age library's, which is asked to encrypt nothing; a recipient of ours that adds no
 * stanza learns the file key from it, and when there is one already, puts it in its place before the others wrap it.
 *
 * @throws BackupError `BACKUP_ENCRYPT_FAILED`
 */
export async function makeAgeHeader(recipients: readonly string[], fileKey?: FileKey): Promise<AgeHeader> {
  const { Encrypter } = await import('age-encryption');
  const encrypter = new Encrypter();
  let wrapped: FileKey | undefined;
  encrypter.addRecipient({
    wrapFileKey(key) {
      if (fileKey !== undefined) key.set(fileKey);
      return [];
    },
  });
  for (const recipient of recipients) {
    try {
      encrypter.addRecipient(recipient);
    } catch {
      throw cannotEncrypt(`${recipient} is no age recipient; was it copied whole?`); // a public key: it may be shown
    }
  }
  encrypter.addRecipient({
    wrapFileKey(key) {
      wrapped = Uint8Array.from(key);
      return [];
    },
  });
  const file = Buffer.from(await encrypter.encrypt(new Uint8Array()));
  const end = endOfAgeHeader(file);
  if (wrapped === undefined || end === undefined || (fileKey !== undefined && !equal(wrapped, fileKey))) {
    throw cannotEncrypt('the age library did not take the file key; use version 0.3 of age-encryption');
  }
  return { bytes: file.subarray(0, end), fileKey: wrapped };
}

/**
 * The file key of a header, by the first of `identities` (`AGE-SECRET-KEY-1…`) that fits.
 *
 * @throws BackupError `BACKUP_NO_KEY` when none fits, `BACKUP_CORRUPT` when the header is damaged.
 */
export async function openAgeHeader(header: Uint8Array, identities: readonly string[]): Promise<FileKey> {
  const { Decrypter } = await import('age-encryption');
  const decrypter = new Decrypter();
  for (const identity of identities) {
    try {
      decrypter.addIdentity(identity);
    } catch {
      throw noKey('an identity is no age key; one begins with AGE-SECRET-KEY-1'); // the cause might quote it
    }
  }
  try {
    return await decrypter.decryptHeader(header);
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('no identity matched')) {
      throw noKey('no identity fits any of its recipients');
    }
    throw new BackupError('The age header of a backup is damaged. Use another copy.', {
      code: 'BACKUP_CORRUPT',
      stage: 'decrypt',
      tool: 'age',
    });
  }
}

/** The length of the header that `bytes` begins with; `undefined` when its end is not among them. */
export function endOfAgeHeader(bytes: Buffer): number | undefined {
  const macLine = bytes.indexOf('\n--- ', 0, 'latin1');
  if (macLine === -1) return undefined;
  const end = bytes.indexOf('\n', macLine + 1, 'latin1');
  return end === -1 ? undefined : end + 1;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function noKey(why: string): BackupError {
  return new BackupError(`The backup cannot be decrypted: ${why}. Give the private key as \`identity\`.`, {
    code: 'BACKUP_NO_KEY',
    stage: 'decrypt',
    tool: 'age',
  });
}

function cannotEncrypt(why: string): BackupError {
  return new BackupError(`The backup cannot be encrypted: ${why}`, {
    code: 'BACKUP_ENCRYPT_FAILED',
    stage: 'encrypt',
    tool: 'age',
  });
}
