import type { DurationInput } from '@seaworthy/contracts';

/** A statement as the server counts it; `?` or `$1` stand for its values. */
export interface StatementReport {
  /** The server's own name of it: `queryid`, `DIGEST`. */
  readonly id: string;
  readonly statement: string;
  readonly calls: number;
  readonly totalMs: number;
  readonly meanMs: number;
  readonly maxMs: number;
  /** Returned or changed, over all calls. */
  readonly rows: number;
}

/** A table that is read from its first row to its last. */
export interface ScannedTableReport {
  readonly table: string;
  /** Approximately. */
  readonly rows: number;
  readonly scans: number;
  /** Rows that these scans have read. */
  readonly rowsRead: number;
}

/** An index that has to be written and that nobody has read since the statistics began. */
export interface UnusedIndexReport {
  readonly table: string;
  readonly index: string;
}

/** A part of the report, or why the server cannot give it and what to do. */
export type ReportPart<Row> =
  | { readonly available: true; readonly rows: readonly Row[] }
  | { readonly available: false; readonly reason: string };

export interface DatabaseReport {
  /** By the time they have cost together, the costliest first. */
  readonly slowStatements: ReportPart<StatementReport>;
  /** By the rows they have read. Look for the statements that do it, and for the index that they lack. */
  readonly scannedTables: ReportPart<ScannedTableReport>;
  readonly unusedIndexes: ReportPart<UnusedIndexReport>;
}

/** The options, read once. */
export interface ReportLimits {
  readonly top: number;
  readonly minTableRows: number;
  readonly given: { readonly timeout?: DurationInput | undefined; readonly signal?: AbortSignal | undefined };
}
