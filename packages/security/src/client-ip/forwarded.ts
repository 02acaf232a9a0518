/** One element of a Forwarded header: what one proxy says. */
export interface ForwardedElement {
  readonly for: string | undefined;
  readonly proto: string | undefined;
}

/**
 * The elements of a Forwarded header (RFC 7239), the client's end first; `undefined` when it is malformed, because half of
 * a header is not something to act on.
 */
export function parseForwarded(value: string): readonly ForwardedElement[] | undefined {
  const elements: ForwardedElement[] = [];
  const pair = /\s*([!#$%&'*+.^_`|~\w-]+)=("(?:[^"\\]|\\.)*"|[!#$%&'*+.^_`|~\w-]+)\s*([;,]|$)/y;
  let current: Record<string, string> = {};
  while (pair.lastIndex < value.length) {
    const match = pair.exec(value);
    if (match === null) return undefined;
    const [, name = '', raw = '', end] = match;
    const key = name.toLowerCase();
    if (Object.hasOwn(current, key)) return undefined;
    current[key] = raw.startsWith('"') ? raw.slice(1, -1).replace(/\\(.)/g, '$1') : raw;
    if (end === ';') continue;
    elements.push({ for: current.for, proto: current.proto?.toLowerCase() });
    current = {};
  }
  return elements;
}
