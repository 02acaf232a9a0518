/** Rows as objects from columns and arrays. A column called `__proto__` becomes a property like any other. */
export function buildRows(
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
): Record<string, unknown>[] {
  const plain = !columns.includes('__proto__');
  return rows.map((values) => {
    const row: Record<string, unknown> = {};
    for (let at = 0; at < columns.length; at += 1) {
      const column = columns[at] ?? '';
      if (plain) row[column] = values[at];
      else
        Object.defineProperty(row, column, {
          value: values[at],
          enumerable: true,
          configurable: true,
          writable: true,
        });
    }
    return row;
  });
}
