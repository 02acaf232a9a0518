/**
 * Longer texts are put together by programs, and another one for each number of rows: a thousand of them, remembered on each connection,
 * would be gigabytes. mysql2 alone keeps a quarter of a kilobyte for each value of a prepared statement.
 */
const most = { letters: 10_000, values: 200 } as const;

/** Whether a statement may be remembered, here or in the server: it is one that an author wrote. */
export function isWorthKeeping(text: string, values = 0): boolean {
  return text.length <= most.letters && values <= most.values;
}
