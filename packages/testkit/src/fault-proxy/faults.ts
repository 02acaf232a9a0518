/** Which way bytes go: what the client sends, or what the target answers. */
export type Direction = 'toTarget' | 'toClient';

export interface Corruption {
  /** How many bytes pass unharmed first. */
  readonly afterBytes: number;
  /** Every how many bytes one is flipped from there on; `undefined` flips one only. */
  readonly everyNth: number | undefined;
}

/** What is wrong with one direction. The proxy changes it while connections are open. */
export interface Faults {
  /** Nothing passes and nothing is lost. */
  held: boolean;
  latencyMs: number;
  jitterMs: number;
  bytesPerSecond: number | undefined;
  corruption: Corruption | undefined;
  /** The connection ends after this many more bytes. */
  cutAfterBytes: number | undefined;
  /** Raised when corruption or the cut is set, so that each connection counts from then on. */
  epoch: number;
}

export function noFaults(epoch = 0): Faults {
  return {
    held: false,
    latencyMs: 0,
    jitterMs: 0,
    bytesPerSecond: undefined,
    corruption: undefined,
    cutAfterBytes: undefined,
    epoch,
  };
}
