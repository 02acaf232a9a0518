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
  return JSON.stringify(text).replace(leftRaw, escapeUnit);
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
