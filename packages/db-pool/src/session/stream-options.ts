import { type DurationInput, optionsOf, wholeNumber } from '@seaworthy/contracts';

export interface StreamOptions {
  /** How many rows are fetched together, and held at most. @defaultValue 500 */
  readonly batch?: number;
  /** All of it, the time that the reader takes included. Each fetch has deadline.query. @defaultValue deadline.transaction */
  readonly timeout?: DurationInput;
  /** Cancels in the server. */
  readonly signal?: AbortSignal | undefined;
}

const readNames = optionsOf<StreamOptions>('stream', { batch: true, timeout: true, signal: true });

/** @throws OptionsError */
export function readStreamOptions(options: StreamOptions): StreamOptions & { readonly batch: number } {
  const given = readNames(options);
  return { ...given, batch: wholeNumber('stream', 'batch', given.batch ?? 500, { min: 1, max: 100_000 }) };
}
