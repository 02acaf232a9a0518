import type { SecretNames } from './secret-names.js';

/** An element of XML that holds a text: `<password>x</password>`, also with a namespace, attributes or CDATA; `<\/` is JSON's. */
const element =
  /(<(?:[\w.-]{1,64}:)?([\w.-]{1,64})(?:\s[^<>]{0,512})?>)(?:<!\[CDATA\[[\s\S]{0,4096}?\]\]>|[^<]+)(?=<\\?\/)/g;

/** `text` with the texts of secret elements replaced. */
export function redactElements(text: string, names: SecretNames, replacement: string): string {
  if (!text.includes('</') && !text.includes('<\\/')) return text;
  return text.replace(element, (whole: string, start: string, name: string) =>
    names.has(name) ? `${start}${replacement}` : whole,
  );
}
