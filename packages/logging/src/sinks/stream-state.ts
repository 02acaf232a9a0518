/** What winston's streams keep to themselves: readable-stream 3, on which they stand, has no public property for it. */
export interface StreamState {
  readonly ending?: boolean;
  readonly finished?: boolean;
  readonly destroyed?: boolean;
  /** Objects that were written and not yet taken. */
  readonly length?: number;
}

export function stateOf(stream: object): StreamState {
  return Reflect.get(stream, '_writableState') ?? {};
}

/** Whether the stream will neither take another object nor say that it has finished. */
export function isOver(stream: object): boolean {
  const { finished, destroyed } = stateOf(stream);
  return finished === true || destroyed === true;
}
