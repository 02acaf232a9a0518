/** A value in a text: where it ends, and the quotes that stay around what takes its place. */
export interface ValueBehind {
  readonly end: number;
  readonly quote: string;
}

/** `text` with `replacement` in the place of each value that `valueBehind` finds behind a match of `label`. Within a value no label counts. */
export function replaceBehind(
  label: RegExp,
  text: string,
  valueBehind: (match: RegExpExecArray, start: number) => ValueBehind | undefined,
  replacement: string,
): string {
  let result = '';
  let from = 0;
  for (const match of text.matchAll(label)) {
    const start = match.index + match[0].length;
    const value = match.index < from ? undefined : valueBehind(match, start);
    if (value === undefined || value.end === start) continue;
    result += `${text.slice(from, start)}${value.quote}${replacement}${value.quote}`;
    from = value.end;
  }
  return from === 0 ? text : result + text.slice(from);
}
