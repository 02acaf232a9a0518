import { createHash } from 'node:crypto';
import type { SqlDialect } from '@seaworthy/contracts';
import { withoutComments } from '../sql/without-comments.js';

/** Longer statements are cut: what is generated for bulk work has megabytes. */
const maxRead = 20_000;
const maxShown = 2_000;

const literals: Readonly<Record<SqlDialect, RegExp>> = {
  postgres: new RegExp(
    [
      /\b[eE]'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)/, // E'…' with backslashes
      /'(?:[^']|'')*(?:'|$)/,
      /\$(\w*)\$[\s\S]*?(?:\$\1\$|$)/, // $tag$…$tag$
      /\$\d+/,
      /"(?:[^"]|"")*(?:"|$)/, // a name
      /[\p{L}_][\p{L}\p{N}_$]*/u, // a word
      /0[xXoObB][0-9a-fA-F_]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/,
      /\s+/,
    ]
      .map(({ source }) => `(?:${source})`)
      .join('|'),
    'gu',
  ),
  mysql: new RegExp(
    [
      /'(?:[^'\\]|\\[\s\S]|'')*(?:'|$)/,
      /"(?:[^"\\]|\\[\s\S]|"")*(?:"|$)/, // a text, unless ANSI_QUOTES is set
      /`(?:[^`]|``)*(?:`|$)/, // a name
      /[\p{L}_$][\p{L}\p{N}_$]*/u,
      /0[xXbB][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/,
      /\s+/,
    ]
      .map(({ source }) => `(?:${source})`)
      .join('|'),
    'gu',
  ),
};

/**
 * A statement without anything that could be a value: literals and placeholders are `?`, lists of them are one, comments are
 * gone, blanks are single. Statements that differ in values only become the same text.
 *
 * When in doubt about where a literal ends, the rest is taken for one: too much hidden is better than too little.
 */
export function normalizeSql(text: string, dialect: SqlDialect): string {
  const quoteOfNames = dialect === 'postgres' ? '"' : '`';
  const plain = withoutComments(text.slice(0, maxRead), dialect).replace(literals[dialect], (token) => {
    const first = token[0] ?? '';
    if (/\s/.test(first)) return ' ';
    if (first === quoteOfNames) return token;
    if (/^[eE]'/.test(token)) return '?';
    return /[\p{L}_]/u.test(first) || (dialect === 'mysql' && /^\$\p{L}/u.test(token)) ? token : '?';
  });
  return plain
    .replace(/\s+/g, ' ')
    .replace(/\(\s*\?(?:\s*,\s*\?)+\s*\)/g, '(?, …)')
    .replace(/(\((?:\?|\?, …)\))(?:\s*,\s*\((?:\?|\?, …)\))+/g, '$1, …')
    .trim()
    .slice(0, maxShown);
}

/** A short name of a normalized statement, the same in every process. */
export function fingerprintOf(normalized: string): string {
  return createHash('sha256').update(normalized.toLowerCase()).digest('hex').slice(0, 16);
}
