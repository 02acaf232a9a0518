/** Where a list stands; the first page is 1. */
export interface Page {
  readonly page: number;
  readonly pageSize: number;
  /** Rows on all pages together. */
  readonly total: number;
}
