/** What one line has used up so far. Per call, because a getter or a `toJSON` may log while it is being logged. */
export interface WriterState {
  budget: number;
  readonly ancestors: object[];
  /** Names that others may read like, by the object that has them. */
  marked?: Map<object, Map<string, number>>;
}
