export interface SignalOption {
  readonly signal?: AbortSignal | undefined;
}
