import { invalidOption, optionsOf, wholeNumber } from '@seaworthy/contracts';
import type { TextField } from '../field.js';
import { textField } from '../field-builder.js';
import { invalid, type Parsed, valid } from '../parsed.js';
import { textFault } from './text-faults.js';

export interface StringOptions {
  /** In characters (UTF-16 units). @defaultValue 1 */
  readonly minLength?: number;
  /** In characters (UTF-16 units). @defaultValue no bound */
  readonly maxLength?: number;
  /** Must match somewhere: anchor it to match the whole. It is printed. */
  readonly pattern?: RegExp;
  /** Line breaks are part of the value: a PEM key. @defaultValue false */
  readonly multiline?: boolean;
}

const readOptions = optionsOf<StringOptions>('env.string', {
  minLength: true,
  maxLength: true,
  pattern: true,
  multiline: true,
});

/**
 * Text, exactly as it is set. Blanks around it, control characters, line breaks and invalid UTF-8 are refused, because
 * they are accidents of quoting and copying.
 */
export function stringField(options: StringOptions = {}): TextField<string> {
  const {
    minLength = 1,
    maxLength = Number.MAX_SAFE_INTEGER,
    pattern,
    multiline = false,
  } = readOptions(options);
  wholeNumber('env.string', 'minLength', minLength, { min: 1 });
  wholeNumber('env.string', 'maxLength', maxLength, { min: minLength });
  if (pattern !== undefined && Object.prototype.toString.call(pattern) !== '[object RegExp]') {
    throw invalidOption('env.string', 'pattern', 'a regular expression');
  }
  if (pattern !== undefined && (pattern.global || pattern.sticky)) {
    throw invalidOption('env.string', 'pattern', 'without the flags g and y, which make it remember');
  }
  const bounds = [
    ...(minLength > 1 ? [`at least ${minLength} characters`] : []),
    ...(maxLength < Number.MAX_SAFE_INTEGER ? [`at most ${maxLength} characters`] : []),
    ...(pattern === undefined ? [] : [`that matches ${pattern}`]),
  ];
  const kind = multiline ? 'text of one or more lines' : 'text';
  return textField<string>({
    kind: 'string',
    expected: bounds.length === 0 ? kind : `${kind}, ${bounds.join(', ')}`,
    secret: { minBytes: 32, generate: 'openssl rand -base64 32' },
    parse,
    shape: () => ({
      minLength: Math.ceil(minLength / 2), // JSON Schema counts a pair of UTF-16 units as one
      ...(maxLength < Number.MAX_SAFE_INTEGER ? { maxLength } : {}),
      // Flags cannot be said in JSON Schema, where the flag u is on.
      ...(pattern === undefined || !/^u?$/.test(pattern.flags) ? {} : { pattern: pattern.source }),
    }),
    format: String,
  });

  function parse(text: string): Parsed<string> {
    const fault = textFault(text, { multiline });
    if (fault !== undefined) return invalid(fault);
    if (text.startsWith('-----BEGIN ') && text.includes('\\n')) {
      return invalid(
        'is a PEM text with \\n written out as two characters',
        'Use real line breaks, or X_FILE.',
      );
    }
    if (text.length < minLength) return invalid(`is shorter than ${minLength} characters`);
    if (text.length > maxLength) return invalid(`is longer than ${maxLength} characters`);
    if (pattern?.test(text) === false) return invalid('does not match the pattern');
    return valid(text);
  }
}
