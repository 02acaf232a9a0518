/** Where a quoted text, a quoted name or a comment begins and how it ends, as MySQL reads it. */
const stretches: readonly { readonly start: RegExp; readonly end: RegExp }[] = [
  { start: /'/y, end: /[^'\\]*(?:(?:\\[\s\S]|'')[^'\\]*)*'/y },
  { start: /"/y, end: /[^"\\]*(?:(?:\\[\s\S]|"")[^"\\]*)*"/y },
  { start: /`/y, end: /[^`]*(?:``[^`]*)*`/y },
  { start: /\/\*/y, end: /[\s\S]*?\*\//y },
  { start: /#/y, end: /[^\n]*/y },
  { start: /--(?=\s|$)/y, end: /[^\n]*/y },
];

const delimiterLine = /[ \t]*delimiter[ \t]+(\S+)[^\n]*\n?/iy;

/**
 * The statements of a MySQL script, without their delimiters. Understands quotes, comments and the `delimiter` lines that
 * the mysql client has for procedures, so that the connection need not allow several statements at once.
 */
export function splitScript(script: string): string[] {
  const statements: string[] = [];
  let delimiter = ';';
  let start = 0;
  let at = 0;
  const finish = (end: number): void => {
    const statement = script.slice(start, end).trim();
    if (!isOnlyComments(statement)) statements.push(statement);
  };

  while (at < script.length) {
    if (at === 0 || script[at - 1] === '\n') {
      const changed = match(delimiterLine, script, at);
      if (changed !== undefined) {
        finish(at);
        delimiter = changed[1] ?? ';';
        at += changed[0].length;
        start = at;
        continue;
      }
    }
    if (script.startsWith(delimiter, at)) {
      finish(at);
      at += delimiter.length;
      start = at;
      continue;
    }
    at = endOfStretch(script, at) ?? at + 1;
  }
  finish(script.length);
  return statements;
}

/** The end of the quoted text or comment that begins at `at`, or `undefined` when none does. */
function endOfStretch(script: string, at: number): number | undefined {
  for (const { start, end } of stretches) {
    const opened = match(start, script, at);
    if (opened === undefined) continue;
    const inside = at + opened[0].length;
    // One that is never closed runs to the end; the server will say so.
    return inside + (match(end, script, inside)?.[0].length ?? script.length - inside);
  }
  return undefined;
}

function isOnlyComments(statement: string): boolean {
  // `/*!` is a comment that MySQL executes.
  return statement.replace(/\/\*(?!!)[\s\S]*?\*\/|(?:#|--(?=\s|$))[^\n]*/g, '').trim() === '';
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text) ?? undefined;
}
