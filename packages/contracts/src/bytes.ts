import { OptionsError } from './options.js';

const factors: Readonly<Record<string, number>> = {
  b: 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
};

/** A size as people write it: `'64kb'`, `'10mb'`, `'1.5gib'`; a number is bytes. */
export type BytesInput = string | number;

/**
 * Bytes from a size. `k`, `kb` and `kib` are all 1024 bytes, as nginx, PostgreSQL and Express read them; case does not
 * matter; a bare number in a string is bytes. Blanks, signs and fractions of a byte are refused.
 *
 * @throws OptionsError with code `INVALID_SIZE`; the message repeats no input.
 *
 * @example
 * parseBytes('10mb'); // 10_485_760
 */
export function parseBytes(input: BytesInput): number {
  if (typeof input === 'number') return wholeBytes(input);
  const match = /^(\d+(?:\.\d+)?)(?:b|([kmgt])(?:i?b)?)?$/i.exec(input);
  if (match === null) throw invalidSize('not a size');
  const [, amount, prefix = 'b'] = match;
  return wholeBytes(Number(amount) * (factors[prefix.toLowerCase()] ?? Number.NaN));
}

/** The shortest text that {@link parseBytes} reads back as `bytes`: `'64kb'`, `'1500b'`. */
export function formatBytes(bytes: number): string {
  wholeBytes(bytes);
  for (const unit of ['t', 'g', 'm', 'k']) {
    const factor = factors[unit] ?? Number.NaN;
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor}${unit}b`;
  }
  return `${bytes}b`;
}

function wholeBytes(bytes: number): number {
  if (Number.isSafeInteger(bytes) && bytes >= 0) return bytes;
  throw invalidSize('it must come to a whole number of bytes');
}

function invalidSize(reason: string): OptionsError {
  return new OptionsError(`Invalid size: ${reason}. Write for example 512, 64kb, 10mb or 1gb.`, {
    code: 'INVALID_SIZE',
  });
}
