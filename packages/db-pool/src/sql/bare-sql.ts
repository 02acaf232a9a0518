import { nestedCommentEnd } from './nested-comment-end.js';

/** A text, with what may be left out of it between its quotes. Unterminated ones go to the end, as no server runs them. */
const single = /'[^']*(?:''[^']*)*(?:'|$)/;
const escaped = /'[^'\\]*(?:(?:\\[\s\S]|'')[^'\\]*)*(?:'|$)/;
const word = /[a-z_\u0080-\uffff][a-z0-9_$\u0080-\uffff]*/;

const postgresTokens = pattern([
  /(?<comment>--[^\n\r]*|\/\*)/,
  // Parts of a text on several lines are one text.
  new RegExp(`(?<literal>e${escaped.source}(?:\\s*\\n\\s*${escaped.source})*|${single.source})`),
  /(?<dollar>\$(?:[a-z_\u0080-\uffff][a-z0-9_\u0080-\uffff]*)?\$)/,
  /(?<name>"[^"]*(?:""[^"]*)*(?:"|$))/,
  new RegExp(`(?<word>${word.source})`),
  /(?<number>\d+)/,
]);

const mysqlTokens = pattern([
  // What stands in /*! … */ runs.
  /(?<comment>--(?=[\s\0-\x20]|$)[^\n]*|#[^\n]*|\/\*(?!M?!)[\s\S]*?(?:\*\/|$))/,
  new RegExp(`(?<literal>${escaped.source}|${escaped.source.replaceAll("'", '"')})`),
  /(?<name>`[^`]*(?:``[^`]*)*(?:`|$))/,
  new RegExp(`(?<word>${word.source})`),
  /(?<number>\d+)/,
]);

function pattern(tokens: readonly RegExp[]): RegExp {
  return new RegExp(tokens.map(({ source }) => source).join('|'), 'gi');
}

/**
 * The bare words of a statement: comments are a blank, literals empty, quoted names `"_"`.
 *
 * Where a literal ends depends on the engine and its settings, so there are two readings: as PostgreSQL, and as MySQL with its
 * backslashes. What is safe is what is safe in both.
 */
export function bareSql(text: string): readonly [string, string] {
  const body = text.replace(/^(?:\s*#[^\n]*(?:\n|$))+/, '');
  return [bare(body, postgresTokens), bare(body, mysqlTokens)];
}

function bare(text: string, tokens: RegExp): string {
  let out = '';
  let at = 0;
  tokens.lastIndex = 0;
  for (let match = tokens.exec(text); match !== null; match = tokens.exec(text)) {
    const { comment, literal, dollar, name, number } = match.groups ?? {};
    out += text.slice(at, match.index);
    at = tokens.lastIndex;
    if (comment !== undefined) {
      if (comment === '/*') at = nestedCommentEnd(text, match.index);
      out += ' ';
    } else if (dollar !== undefined) {
      const end = text.indexOf(dollar, at);
      at = end === -1 ? text.length : end + dollar.length;
      out += "''";
    } else if (literal !== undefined) out += "''";
    else if (name !== undefined) out += '"_"';
    // PostgreSQL before 15 reads `1for` as two words.
    else out += number === undefined ? match[0] : ' 0 ';
    tokens.lastIndex = at;
  }
  return out + text.slice(at);
}
