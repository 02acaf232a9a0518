import type { TextField } from '../field.js';
import { textField } from '../field-builder.js';
import { invalid, valid } from '../parsed.js';
import { textFault } from './text-faults.js';

/** The characters of an unquoted local part, and a host name with a dot and no ending of one letter (RFC 5321 section 4.1.2, without literals). */
const pattern =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]{0,61}[A-Za-z0-9]$/;

/** One address in ASCII, without a display name. At most 64 characters before the `@` and 254 in all (RFC 5321). */
export function emailField(): TextField<string> {
  return textField<string>({
    kind: 'email',
    expected: 'one e-mail address, without a name around it',
    parse(text) {
      const fault = textFault(text);
      if (fault !== undefined) return invalid(fault);
      const valids = text.length <= 254 && text.indexOf('@') <= 64 && pattern.test(text);
      return valids ? valid(text) : invalid('is not an e-mail address');
    },
    format: String,
  });
}
