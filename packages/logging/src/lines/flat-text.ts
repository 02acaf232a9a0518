/**
 * The same text in one piece. V8 keeps the result of `+` as a tree, which takes several times the memory of the text, and walks it again
 * for every longer text that holds it. Reading a unit flattens it, when something depends on what was read.
 */
export function flatText(text: string): string {
  return text.charCodeAt(0) === 0 ? text.slice() : text;
}
