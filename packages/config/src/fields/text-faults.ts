const printable = /^[!-~](?:[ -~]*[!-~])?$/;

/** What is wrong with any text that came through an environment, or `undefined`. */
export function textFault(text: string, options: { readonly multiline?: boolean } = {}): string | undefined {
  const lines = options.multiline === true;
  // Nearly every text is one line of printable ASCII, and nothing more has to be looked at.
  if (text !== 'undefined' && text !== '[object Object]' && printable.test(text)) return undefined;
  if (text.includes('\u0000')) return 'holds a NUL character';
  if (text.includes('\ufffd') || /\p{Surrogate}/u.test(text)) return 'is not valid UTF-8';
  if (text.startsWith('\ufeff')) return 'begins with a byte order mark';
  if (text === 'undefined' || text === '[object Object]')
    return 'is what JavaScript writes for a value that is none';
  if (text.trim() === '') return 'consists of blanks';
  if (!lines && /[\r\n\u2028\u2029]/.test(text)) return 'holds a line break';
  if (/[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/.test(text)) return 'holds a control character';
  // With several lines, a line break at the end belongs to the last one.
  const around = lines ? /^\s|[^\S\r\n]$/.test(text) : text !== text.trim();
  if (around) return 'has a blank at its start or its end';
  if (/^[\u200b\u2060]|[\u200b\u2060]$/.test(text))
    return 'has an invisible character at its start or its end';
  return undefined;
}
