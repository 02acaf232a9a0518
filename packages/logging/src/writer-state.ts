/** What one line has used up so far. Per call, because a getter or a `toJSON` may log while it is being logged. */
export interface WriterState {
  budget: number;
  readonly ancestors: object[];
}

/** A name as it stands in the line, and what the redactor says about it. */
export interface WrittenName {
  readonly json: string;
  readonly secret: boolean;
}
