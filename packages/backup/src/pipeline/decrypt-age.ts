import { BackupError } from '../backup-error.js';
import { endOfAgeHeader, maxHeaderBytes, openAgeHeader } from './age-header.js';
import { decryptPayload, PayloadError, payloadNonceBytes } from './age-payload.js';

export interface DecryptOptions {
  /** `AGE-SECRET-KEY-1…`, tried in order. */
  readonly identities: readonly string[];
  /** Headers that took the place of the file's own when its recipients changed; tried after it. */
  readonly headers?: readonly Uint8Array[];
}

/**
 * What an age file holds. Bytes are yielded only after their chunk was authenticated, and the iteration throws when the file
 * does not end where it should.
 *
 * @throws BackupError `BACKUP_NO_KEY`, `BACKUP_CORRUPT`
 */
export async function* decryptAge(
  file: AsyncIterable<Uint8Array>,
  { identities, headers = [] }: DecryptOptions,
): AsyncGenerator<Buffer> {
  const source = file[Symbol.asyncIterator]();
  try {
    let start: Buffer = Buffer.alloc(0);
    let end: number | undefined;
    while (end === undefined || start.length < end + payloadNonceBytes) {
      const next = await source.next();
      if (next.done === true || start.length > maxHeaderBytes) throw corrupt('its header has no end');
      start = Buffer.concat([start, next.value]);
      end ??= endOfAgeHeader(start);
    }
    const fileKey = await openFirstAgeHeader([start.subarray(0, end), ...headers], identities);
    const nonce = start.subarray(end, end + payloadNonceBytes);
    const rest = start.subarray(end + payloadNonceBytes);
    yield* decryptPayload(fileKey, nonce, remaining(rest, source));
  } catch (error) {
    throw error instanceof PayloadError ? corrupt(error.message) : error;
  } finally {
    await source.return?.();
  }
}

/**
 * The file key from the first header that one of the identities opens.
 *
 * @throws BackupError why the first header did not open.
 */
export async function openFirstAgeHeader(
  headers: readonly Uint8Array[],
  identities: readonly string[],
): Promise<Uint8Array> {
  let failure: unknown;
  for (const header of headers) {
    try {
      return await openAgeHeader(header, identities);
    } catch (error) {
      failure ??= error;
    }
  }
  throw failure;
}

async function* remaining(first: Buffer, source: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (first.length > 0) yield first;
  for (let next = await source.next(); next.done !== true; next = await source.next()) yield next.value;
}

function corrupt(why: string): BackupError {
  return new BackupError(`An encrypted backup cannot be read: ${why}. Use another copy.`, {
    code: 'BACKUP_CORRUPT',
    stage: 'decrypt',
    tool: 'age',
  });
}
