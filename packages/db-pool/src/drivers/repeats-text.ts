/** Whether all of `names`, as a server repeats them in its message, stand in the statement's own text, which holds no values. */
export function standIn(text: string, names: readonly (string | undefined)[]): boolean {
  const known = text.toLowerCase();
  return names.every((name) => name === undefined || known.includes(name.toLowerCase()));
}
