import { invalidOption } from '@seaworthy/contracts';
import type { TextField } from '../field.js';
import { textField } from '../field-builder.js';
import { invalid, valid } from '../parsed.js';
import { textFault } from './text-faults.js';

/**
 * Exactly one of the given texts; case matters.
 *
 * @example
 * env.oneOf(['debug', 'info', 'warn', 'error']).default('info');
 */
export function oneOfField<const Value extends string>(
  values: readonly [Value, ...Value[]],
): TextField<Value> {
  const usable =
    Array.isArray(values) &&
    values.length > 0 &&
    values.every((value) => typeof value === 'string' && textFault(value) === undefined);
  if (!usable)
    throw invalidOption('env.oneOf', 'values', 'a list of one or more texts without blanks around them');
  return textField<Value>({
    kind: 'oneOf',
    expected: values.length === 1 ? `the text ${values[0]}` : `one of ${values.join(', ')}`,
    parse(text) {
      const fault = textFault(text);
      if (fault !== undefined) return invalid(fault);
      const value = values.find((known) => known === text);
      return value === undefined ? invalid('is none of the accepted texts') : valid(value);
    },
    shape: () => ({ enum: [...values] }),
    format: String,
  });
}
