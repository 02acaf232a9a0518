import type { Contents, TableContents } from '../manifest/manifest.js';

/** How a restored table differs from what was noted when it was dumped. */
export interface TableDifference {
  readonly table: string;
  /** `rows` says what was expected and what was found; `hash`: as many rows, with other values. */
  readonly kind: 'missing' | 'unexpected' | 'rows' | 'hash';
  /** `5000`, or `5000 to 5010` for a table that changed during a dump of MySQL. */
  readonly expected?: string;
  readonly found?: string;
}

/**
 * What a restore brought, held against the manifest. Exact where the count was made in the dump's own snapshot; where it was made
 * before and after, a count must lie between the two, and the hash counts for tables that did not change.
 */
export function compareContents(expected: Contents, found: Contents): readonly TableDifference[] {
  const before = byName(expected.tables);
  const after = byName(expected.after ?? expected.tables);
  const restored = byName(found.tables);
  const differences: TableDifference[] = [];
  for (const table of [...new Set([...before.keys(), ...after.keys(), ...restored.keys()])].toSorted()) {
    const difference = compareTable(table, [before.get(table), after.get(table)], restored.get(table));
    if (difference !== undefined) differences.push(difference);
  }
  return differences;
}

function compareTable(
  table: string,
  [before, after]: readonly [TableContents | undefined, TableContents | undefined],
  restored: TableContents | undefined,
): TableDifference | undefined {
  if (before === undefined && after === undefined) return { table, kind: 'unexpected' };
  // Created or dropped while MySQL was dumped: nobody knows on which side of the dump.
  if (before === undefined || after === undefined) return undefined;
  if (restored === undefined) return { table, kind: 'missing' };
  const [low, high] = [Math.min(before.rows, after.rows), Math.max(before.rows, after.rows)];
  if (restored.rows < low || restored.rows > high) {
    const expected = low === high ? `${low}` : `${low} to ${high}`;
    return { table, kind: 'rows', expected, found: `${restored.rows}` };
  }
  const isKnown = before.hash !== undefined && before.hash === after.hash;
  return isKnown && restored.hash !== undefined && restored.hash !== before.hash
    ? { table, kind: 'hash' }
    : undefined;
}

function byName(tables: readonly TableContents[]): ReadonlyMap<string, TableContents> {
  return new Map(tables.map((table) => [table.name, table]));
}
