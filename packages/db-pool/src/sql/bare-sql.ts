import { withoutComments } from './without-comments.js';

const standIns = { literal: "''", name: '"_"' } as const;

/** A number that is no part of a word. */
const number = /(?<![\p{L}\p{N}_$])\d+/gu;

/**
 * The bare words of a statement: comments are a blank, literals empty, quoted names `"_"`.
 *
 * Where a literal ends depends on the engine and its settings, so there are two readings: as PostgreSQL, and as MySQL with its
 * backslashes. What is safe is what is safe in both.
 */
export function bareSql(text: string): readonly [string, string] {
  const body = text.replace(/^(?:\s*#[^\n]*(?:\n|$))+/, '');
  // PostgreSQL before 15 reads `1for` as two words.
  const postgres = withoutComments(body, 'postgres', standIns).replace(number, ' 0 ');
  return [postgres, withoutComments(body, 'mysql', standIns).replace(number, ' 0 ')];
}
