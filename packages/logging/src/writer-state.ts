/** What one line has used up so far. Per call, because a getter or a `toJSON` may log while it is being logged. */
export interface WriterState {
  budget: number;
  readonly ancestors: object[];
}
