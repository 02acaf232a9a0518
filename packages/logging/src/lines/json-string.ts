/**
 * What must not stand raw in a log line: JSON's own specials and lone surrogates, C0 and C1 controls (a terminal obeys
 * them), U+2028 and U+2029 (line ends to some readers), and the marks that reorder text (UTR #36, "Trojan Source"). As the inside of a
 * regular expression's class.
 */
export const jsonRisks =
  '"\\\\\\u0000-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ufeff\\ud800-\\udfff';

const risky = new RegExp(`[${jsonRisks}]`);

/** What `JSON.stringify` leaves raw although {@link jsonRisks} names it. */
const leftRaw = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** A JSON string literal of `text` that holds no control, separator or direction mark; parsing it gives `text` back. */
export function jsonString(text: string): string {
  if (!risky.test(text)) return `"${text}"`;
  return (text.length <= 64 ? quoted(text) : undefined) ?? JSON.stringify(text).replace(leftRaw, escapeUnit);
}

/** ASCII in which quotes, backslashes and line feeds are all that needs an escape: a short one takes a quarter of JSON.stringify's time. */
function quoted(text: string): string | undefined {
  let json = '"';
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === 0x22 || unit === 0x5c) {
      json += `${text.slice(from, at)}\\`;
      from = at; // it follows its backslash
    } else if (unit === 0x0a) {
      json += `${text.slice(from, at)}\\n`;
      from = at + 1;
    } else if (unit < 0x20 || unit > 0x7e) return undefined;
  }
  return `${json}${text.slice(from)}"`;
}

/** `text` for a terminal: what could move the cursor or reorder the line is shown as an escape. */
export function printable(text: string): string {
  return risky.test(text) ? jsonString(text).slice(1, -1).replaceAll('\\"', '"') : text;
}

/** JSON text for a terminal; `JSON.stringify` has escaped all but these. */
export function printableJson(json: string): string {
  return json.replace(leftRaw, escapeUnit);
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
