/** One element of a Forwarded header: what one proxy says. */
interface ForwardedElement {
  readonly for: string | undefined;
  readonly proto: string | undefined;
}

/**
 * The elements of a Forwarded header (RFC 7239), the client's end first, as far as they can be read from our end.
 *
 * Each proxy adds its own at the end, so what stands before an element, a quote that nobody closes say, changes nothing about it.
 */
export function parseForwarded(value: string): readonly ForwardedElement[] {
  const elements: ForwardedElement[] = [];
  for (let end = value.length; end >= 0; ) {
    const start = startOfLast(value, end);
    const element = parseElement(value.slice(start, end));
    if (element === undefined) break;
    elements.push(element);
    end = start - 1;
  }
  return elements.reverse();
}

/** Where the element begins that ends at `end`: behind the last comma that stands in no quotes, seen from the end. */
function startOfLast(value: string, end: number): number {
  let quoted = false;
  for (let at = end - 1; at >= 0; at -= 1) {
    const letter = value[at];
    if (letter === ',' && !quoted) return at + 1;
    if (letter !== '"') continue;
    let escapes = 0;
    while (value[at - 1 - escapes] === '\\') escapes += 1;
    if (escapes % 2 === 0) quoted = !quoted;
    at -= escapes;
  }
  return 0;
}

function parseElement(text: string): ForwardedElement | undefined {
  const pair = /\s*([!#$%&'*+.^_`|~\w-]+)=("(?:[^"\\]|\\.)*"|[!#$%&'*+.^_`|~\w-]+)\s*(?:;|$)/y;
  const said = new Map<string, string>();
  while (pair.lastIndex < text.length) {
    const [, name = '', raw = ''] = pair.exec(text) ?? [];
    const key = name.toLowerCase();
    if (key === '' || said.has(key)) return undefined;
    said.set(key, raw.startsWith('"') ? raw.slice(1, -1).replace(/\\(.)/g, '$1') : raw);
  }
  if (said.size === 0) return undefined;
  return { for: said.get('for'), proto: said.get('proto')?.toLowerCase() };
}
