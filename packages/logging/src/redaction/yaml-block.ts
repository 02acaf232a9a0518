/** A part of a text, by its places. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The rest of the name's line: nothing, or `|` and `>`, which begin a text. */
const blockStart = /[ \t]{0,16}(?:[|>][+-]?\d?[+-]?)?[ \t]{0,16}(?:\r?\n)/y;

/** The lines of YAML under a name that has its line for itself: those that stand deeper, or the entries of a list. */
export function yamlBlock(text: string, behind: number, nameStart: number): Span | undefined {
  blockStart.lastIndex = behind;
  if (!blockStart.test(text)) return undefined;
  const first = blockStart.lastIndex;
  const lineStart = text.lastIndexOf('\n', nameStart - 1) + 1;
  if (nameStart - lineStart > 256) return undefined;
  // In a stack, an error's name stands before its message.
  const margin = /^([ \t]*(?:- )?)(?:[A-Z]\w*: )?["']?$/.exec(text.slice(lineStart, nameStart));
  if (margin === null) return undefined;
  const indent = margin[1]?.length ?? 0;
  let end = first;
  let at = first;
  while (at < text.length) {
    const next = text.indexOf('\n', at);
    const stop = next === -1 ? text.length : next;
    const content = skipMargin(text, at, stop);
    const isDeeper = content - at > indent || (content - at === indent && text.startsWith('- ', content));
    if (content < stop && (!isDeeper || text.startsWith('at ', content))) break;
    if (content < stop) end = stop;
    at = stop + 1;
  }
  return end === first ? undefined : { start: skipMargin(text, first, end), end };
}

function skipMargin(text: string, from: number, to: number): number {
  let at = from;
  while (at < to && (text[at] === ' ' || text[at] === '\t' || text[at] === '\r')) at += 1;
  return at;
}
