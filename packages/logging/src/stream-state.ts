/** What winston's streams keep to themselves: readable-stream 3, on which they stand, has no public property for it. */
export interface StreamState {
  readonly ending?: boolean;
  readonly finished?: boolean;
  /** Objects that were written and not yet taken. */
  readonly length?: number;
}

export function stateOf(stream: object): StreamState {
  return Reflect.get(stream, '_writableState') ?? {};
}
