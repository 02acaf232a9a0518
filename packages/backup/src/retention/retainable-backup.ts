/** What retention needs to know about a backup, wherever it is kept. */
export interface RetainableBackup {
  readonly id: string;
  /** When it was made, in milliseconds since the epoch; `undefined` when its manifest cannot be read. */
  readonly madeAt: number | undefined;
  /** Whether it is complete and nothing is known to be wrong with it. Only such a one counts. */
  readonly isGood: boolean;
  /** The sources of it that were restored with success. */
  readonly verified: readonly string[];
  /** The names of what it holds. Each source has a history of its own. */
  readonly sources: readonly string[];
}
