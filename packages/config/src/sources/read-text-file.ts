import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { errorCode } from '@seaworthy/contracts';

export type FileFault =
  | 'does not exist'
  | 'may not be read'
  | 'is not a regular file'
  | 'is empty'
  | 'is larger than allowed'
  | 'is not valid UTF-8'
  | 'cannot be read';

export type TextFile = { readonly text: string; readonly mode: number } | { readonly fault: FileFault };

/**
 * Reads a whole text file without ever waiting for one: a named pipe would block the start of the process, so the file is
 * opened non-blocking and refused unless it is regular. A byte order mark is dropped.
 */
export function readTextFile(path: string, maxBytes: number): TextFile {
  let descriptor: number | undefined;
  try {
    // Most dotenv files do not exist, and an error costs more than the question.
    if (statSync(path, { throwIfNoEntry: false }) === undefined) return { fault: 'does not exist' };
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return { fault: 'is not a regular file' };
    const bytes = readUpTo(descriptor, maxBytes + 1);
    if (bytes.length > maxBytes) return { fault: 'is larger than allowed' };
    if (bytes.length === 0) return { fault: 'is empty' };
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), mode: stat.mode & 0o777 };
  } catch (error) {
    return { fault: faultOf(error) };
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/** The size that `fstat` gives is not what a file in /proc holds, so the bytes are counted. */
function readUpTo(descriptor: number, limit: number): Uint8Array {
  const buffer = new Uint8Array(limit);
  let length = 0;
  while (length < limit) {
    const read = readSync(descriptor, buffer, length, limit - length, null);
    if (read === 0) break;
    length += read;
  }
  return buffer.subarray(0, length);
}

export function faultOf(error: unknown): FileFault {
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read';
  if (code === 'EISDIR' || code === 'ENXIO') return 'is not a regular file';
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') return 'is not valid UTF-8';
  return 'cannot be read';
}
