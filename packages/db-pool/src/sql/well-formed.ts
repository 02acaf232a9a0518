import { DbError } from '../db-error.js';

/** Half of a surrogate pair: no character, and in UTF-8 it would silently become another one. */
const lone = /\p{Surrogate}/u;

/** @throws DbError `invalid_value` for text that UTF-8 cannot hold. */
export function wellFormed(text: string): string {
  if (!lone.test(text)) return text;
  throw new DbError(
    'invalid_value',
    'Text with half a surrogate pair, such as an emoji that was cut in two, cannot be stored. Cut text between characters.',
  );
}
