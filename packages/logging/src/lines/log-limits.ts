import { OptionsError, optionsOf, wholeNumber } from '@seaworthy/contracts';

/** How much of one call reaches its line. What is cut says so in its place. */
export interface LogLimits {
  /** Levels of nesting; deeper objects read `[object]`. @defaultValue 8 */
  readonly maxDepth: number;
  /** Members of one object or elements of one array. @defaultValue 100 */
  readonly maxKeys: number;
  /** UTF-16 units of one string. @defaultValue 16384 */
  readonly maxStringLength: number;
  /** UTF-16 units of one line, after which no further value is begun. @defaultValue 65536 */
  readonly maxLineLength: number;
}

export const defaultLimits: LogLimits = Object.freeze({
  maxDepth: 8,
  maxKeys: 100,
  maxStringLength: 16_384,
  maxLineLength: 65_536,
});

const readLimits = optionsOf<LogLimits>('limits', {
  maxDepth: true,
  maxKeys: true,
  maxStringLength: true,
  maxLineLength: true,
});

/** The limits with defaults filled in. @throws OptionsError for an unknown name or a number that is too small. */
export function logLimits(given: Partial<LogLimits>): LogLimits {
  const limits = { ...defaultLimits, ...given };
  readLimits(limits);
  wholeNumber('limits', 'maxDepth', limits.maxDepth, { min: 1, max: 64 });
  wholeNumber('limits', 'maxKeys', limits.maxKeys, { min: 1 });
  wholeNumber('limits', 'maxStringLength', limits.maxStringLength, { min: 16 });
  wholeNumber('limits', 'maxLineLength', limits.maxLineLength, { min: 256 });
  if (limits.maxStringLength > limits.maxLineLength) {
    throw new OptionsError('limits: "maxStringLength" must not exceed "maxLineLength".', {
      code: 'INVALID_OPTION',
    });
  }
  return limits;
}
