import { isWorthKeeping } from './worth-keeping.js';

/** Texts are templates and few; a program that builds endless ones costs a look at each, not memory. */
const maxTexts = 1_000;

/** Asks `look` once for each text. */
export function remembered(look: (text: string) => boolean): (text: string) => boolean {
  const answers = new Map<string, boolean>();
  return (text) => {
    const known = answers.get(text);
    if (known !== undefined) return known;
    const answer = look(text);
    if (answers.size < maxTexts && isWorthKeeping(text)) answers.set(text, answer);
    return answer;
  };
}
