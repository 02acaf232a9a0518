import type { SqlDialect } from '@seaworthy/contracts';
import { nestedCommentEnd } from './nested-comment-end.js';

/** Where something begins in which a comment would be none, or a comment itself. */
const starts: Readonly<Record<SqlDialect, RegExp>> = {
  postgres: /--|\/\*|['"]|\$/g,
  mysql: /--(?=[\s\p{Cc}]|$)|#|\/\*|\*\/|['"`]/gu,
};

/** What follows is text for some servers: `/*!50000`, and MariaDB's `/*M!100000`. */
const conditional = /\/\*M?!\d*/y;
const dollarTag = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy;
const wordEnd = /[\p{L}\p{N}_$]$/u;
const escapePrefix = /(?:^|[^\p{L}\p{N}_$])[eE]$/u;
/** Literals with a line break between them are one. */
const continued = /[ \t\f\v]*\r?\n\s*'/y;

/**
 * A statement with a single space in place of each comment. Literals and quoted names stay as they are, comments within
 * comments end where the server ends them, and what MySQL runs only on some versions (`/*!50000`) stays in, because it may run.
 */
export function withoutComments(text: string, dialect: SqlDialect): string {
  if (!text.includes('--') && !text.includes('/*') && !text.includes('#')) return text;
  const start = starts[dialect];
  let plain = '';
  let kept = 0;
  start.lastIndex = 0;
  for (let found = start.exec(text); found !== null; found = start.exec(text)) {
    const [token] = found;
    const at = found.index;
    let end: number;
    if (token === '--' || token === '#') end = lineEnd(text, at, dialect);
    else if (token === '*/') end = at + 2;
    else if (token === '/*') end = commentEnd(text, at, dialect);
    else {
      start.lastIndex = literalEnd(text, at, dialect);
      continue;
    }
    plain += `${text.slice(kept, at)} `;
    kept = end;
    start.lastIndex = end;
  }
  return plain + text.slice(kept);
}

/** The next `what` from `from` on, or `behind` characters further; the end of the text when it never comes. */
function endOf(text: string, what: string, from: number, behind = what.length): number {
  const at = text.indexOf(what, from);
  return at === -1 ? text.length : at + behind;
}

/** PostgreSQL takes a carriage return alone for the end of a line, MySQL does not. */
function lineEnd(text: string, at: number, dialect: SqlDialect): number {
  const end = dialect === 'postgres' ? /[\n\r]/g : /\n/g;
  end.lastIndex = at;
  return end.exec(text)?.index ?? text.length;
}

function commentEnd(text: string, at: number, dialect: SqlDialect): number {
  if (dialect === 'mysql') {
    conditional.lastIndex = at;
    return conditional.test(text) ? conditional.lastIndex : endOf(text, '*/', at + 2);
  }
  return nestedCommentEnd(text, at);
}

function literalEnd(text: string, at: number, dialect: SqlDialect): number {
  const quote = text[at] ?? '';
  const before = text.slice(Math.max(0, at - 3), at);
  if (quote === '$') {
    dollarTag.lastIndex = at;
    const tag = wordEnd.test(before) ? undefined : dollarTag.exec(text)?.[0];
    return tag === undefined ? at + 1 : endOf(text, tag, at + tag.length);
  }
  const escapes = dialect === 'mysql' ? quote !== '`' : quote === "'" && escapePrefix.test(before);
  // A doubled quote ends one literal and begins the next, which comes to the same.
  return escapes ? escapedEnd(text, at, quote, dialect) : endOf(text, quote, at + 1);
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
