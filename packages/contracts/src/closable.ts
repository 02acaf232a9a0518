/** What owns something that must be given back. */
export interface Closable {
  /** Gives everything back within a bound of its own. A second call returns the first one's promise. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
