import type { SqlDialect } from '@seaworthy/contracts';
import { nestedCommentEnd } from './nested-comment-end.js';

/** Where something begins in which a comment would be none, or a comment itself. */
const starts: Readonly<Record<SqlDialect, RegExp>> = {
  postgres: /--|\/\*|['"]|\$/g,
  mysql: /--(?=[\s\p{Cc}]|$)|#|\/\*|\*\/|['"`]/gu,
};

const nameQuotes: Readonly<Record<SqlDialect, string>> = { postgres: '"', mysql: '`' };

/** What follows is text for some servers: `/*!50000`, and MariaDB's `/*M!100000`. */
const conditional = /\/\*M?!\d*/y;
const dollarTag = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy;
const wordEnd = /[\p{L}\p{N}_$]$/u;
const escapePrefix = /(?:^|[^\p{L}\p{N}_$])[eE]$/u;
/** Literals with a line break between them are one. */
const continued = /[ \t\f\v]*[\n\r]\s*'/y;

/** What is written in place of quoted texts and names. */
interface StandIns {
  readonly literal: string;
  readonly name: string;
}

/**
 * A statement with a single space in place of each comment. Literals and quoted names stay as they are, or give way to
 * `standIns`; comments within comments end where the server ends them, and what MySQL runs only on some versions (`/*!50000`)
 * stays in, because it may run.
 */
export function withoutComments(text: string, dialect: SqlDialect, standIns?: StandIns): string {
  if (standIns === undefined && !/--|\/\*|#/.test(text)) return text;
  const start = starts[dialect];
  let plain = '';
  let kept = 0;
  let conditionals = 0;
  start.lastIndex = 0;
  for (let found = start.exec(text); found !== null; found = start.exec(text)) {
    const [token] = found;
    const at = found.index;
    let end: number;
    let standIn: string | undefined = ' ';
    if (token === '--' || token === '#') end = lineEnd(text, at, dialect);
    else if (token === '/*' && dialect === 'postgres') end = nestedCommentEnd(text, at);
    else if (token === '/*') {
      conditional.lastIndex = at;
      const isConditional = conditional.test(text);
      if (isConditional) conditionals += 1;
      end = isConditional ? conditional.lastIndex : endOf(text, '*/', at + 2);
    } else if (token === '*/') {
      // Without a beginning it is a star and perhaps the beginning of a comment: `2*/* two */3`.
      end = conditionals === 0 ? at + 1 : at + 2;
      if (conditionals === 0) standIn = undefined;
      else conditionals -= 1;
    } else {
      end = literalEnd(text, at, dialect);
      // A dollar may be a part of a name, or of a placeholder.
      if (token === '$' && end === at + 1) standIn = undefined;
      else standIn = token === nameQuotes[dialect] ? standIns?.name : standIns?.literal;
    }
    start.lastIndex = end;
    if (standIn === undefined) continue;
    plain += text.slice(kept, at) + standIn;
    kept = end;
  }
  return plain + text.slice(kept);
}

/** PostgreSQL takes a carriage return alone for the end of a line, MySQL does not. */
function lineEnd(text: string, at: number, dialect: SqlDialect): number {
  const end = dialect === 'postgres' ? /[\n\r]/g : /\n/g;
  end.lastIndex = at;
  return end.exec(text)?.index ?? text.length;
}

/** Behind the next `what` from `from` on; the end of the text when it never comes. */
function endOf(text: string, what: string, from: number): number {
  const at = text.indexOf(what, from);
  return at === -1 ? text.length : at + what.length;
}

function literalEnd(text: string, at: number, dialect: SqlDialect): number {
  const quote = text[at] ?? '';
  const before = text.slice(Math.max(0, at - 3), at);
  if (quote === '$') {
    dollarTag.lastIndex = at;
    const tag = wordEnd.test(before) ? undefined : dollarTag.exec(text)?.[0];
    return tag === undefined ? at + 1 : endOf(text, tag, at + tag.length);
  }
  if (dialect === 'mysql' ? quote !== '`' : quote === "'" && escapePrefix.test(before)) {
    return escapedEnd(text, at, quote, dialect);
  }
  return doubledEnd(text, at, quote);
}

/** The end of a literal in which a doubled quote is one quote. */
function doubledEnd(text: string, at: number, quote: string): number {
  for (let end = endOf(text, quote, at + 1); ; end = endOf(text, quote, end + 1)) {
    if (text[end] !== quote) return end;
  }
}

/** The end of a literal in which a backslash keeps the next character from ending it. */
function escapedEnd(text: string, at: number, quote: string, dialect: SqlDialect): number {
  const special = quote === "'" ? /['\\]/g : /["\\]/g;
  special.lastIndex = at + 1;
  for (let found = special.exec(text); found !== null; found = special.exec(text)) {
    if (found[0] === '\\' || text[found.index + 1] === quote) {
      special.lastIndex = found.index + 2;
      continue;
    }
    continued.lastIndex = found.index + 1;
    if (dialect === 'mysql' || !continued.test(text)) return found.index + 1;
    special.lastIndex = continued.lastIndex;
  }
  return text.length;
}
