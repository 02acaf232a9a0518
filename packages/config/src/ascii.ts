// Loops, because the first two uses of a regular expression take longer than all else that a start does with a field; and
// by index, because `for of` is three times the bytecode, which a start compiles and runs once.

/** One line of visible characters of ASCII, with blanks only between them. */
export function isPrintable(text: string): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code > 0x7e) return false;
  }
  return text !== '' && !text.startsWith(' ') && !text.endsWith(' ');
}

/** Nothing but letters and digits of ASCII and `others`. */
export function isAlphanumeric(text: string, others = ''): boolean {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const isLetter = (code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a);
    if (!isLetter && !(code >= 0x30 && code <= 0x39) && !others.includes(text.charAt(at))) return false;
  }
  return true;
}

/** Whether one of `parts` stands in `text`. */
export function includesAny(text: string, parts: readonly string[]): boolean {
  for (let at = 0; at < parts.length; at += 1) if (text.includes(parts[at] ?? '')) return true;
  return false;
}
