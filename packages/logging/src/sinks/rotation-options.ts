import { type BytesInput, invalidOption, optionsOf, parseBytes, wholeNumber } from '@seaworthy/contracts';

export interface RotateOptions {
  /**
   * A file that would grow beyond this is put aside first. What one write holds stays together: a longer line, or a turn of up to
   * 64 kB, has a file to itself. @defaultValue no limit
   */
  readonly size?: BytesInput;
  /** A new file each day, in UTC. @defaultValue only by size */
  readonly every?: 'day';
}

export interface KeepOptions {
  /** Rotated files that are kept, the newest. @defaultValue all */
  readonly files?: number;
  /** Days after which a rotated file is deleted: at the start, at a rotation, and with the first line of a day. @defaultValue never */
  readonly days?: number;
}

export interface Rotation {
  readonly maxBytes: number;
  readonly daily: boolean;
  readonly keepFiles: number | undefined;
  readonly keepDays: number | undefined;
  readonly gzip: boolean;
}

const readRotate = optionsOf<RotateOptions>('file.rotate', { size: true, every: true });
const readKeep = optionsOf<KeepOptions>('file.keep', { files: true, days: true });

/** The settings checked, or `undefined` when the file is not rotated by us. @throws OptionsError */
export function rotationOf(
  rotate: RotateOptions | undefined,
  keep: KeepOptions | undefined,
  gzip: boolean | undefined,
): Rotation | undefined {
  if (rotate === undefined) {
    if (keep !== undefined) throw invalidOption('file', 'keep', 'absent without "rotate"');
    if (gzip !== undefined) throw invalidOption('file', 'gzip', 'absent without "rotate"');
    return undefined;
  }
  const { size, every } = readRotate(rotate);
  const { files, days } = readKeep(keep ?? {});
  if (every !== undefined && every !== 'day') throw invalidOption('file.rotate', 'every', '"day"');
  if (size === undefined && every === undefined) {
    throw invalidOption('file', 'rotate', 'an object with "size", "every" or both');
  }
  const maxBytes = size === undefined ? Number.POSITIVE_INFINITY : parseBytes(size);
  if (maxBytes < 1_024) throw invalidOption('file.rotate', 'size', 'at least 1 kB');
  if (files !== undefined) wholeNumber('file.keep', 'files', files, { min: 1 });
  if (days !== undefined) wholeNumber('file.keep', 'days', days, { min: 1 });
  return { maxBytes, daily: every === 'day', keepFiles: files, keepDays: days, gzip: gzip ?? false };
}
