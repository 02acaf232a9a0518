import type { PlainField } from '../field.js';
import { plainField } from '../field-builder.js';
import { invalid, valid } from '../parsed.js';
import { textFault } from './text-faults.js';

const words = new Map<string, boolean>([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['on', true],
  ['false', false],
  ['0', false],
  ['no', false],
  ['off', false],
]);

/** `true`, `1`, `yes`, `on` and `false`, `0`, `no`, `off`, in any case. Everything else is refused, `n` and `2` too. */
export function boolField(): PlainField<boolean, boolean> {
  return plainField<boolean, boolean>({
    kind: 'bool',
    expected: 'true or false',
    parse(text) {
      const fault = textFault(text);
      if (fault !== undefined) return invalid(fault);
      const value = words.get(text.toLowerCase());
      return value === undefined ? invalid('is neither true nor false') : valid(value);
    },
    format: String,
  });
}
