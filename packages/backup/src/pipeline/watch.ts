/** Sees a dump go by and knows at its end whether that is where a complete one ends. */
export interface EndWatch {
  push(chunk: Buffer): void;
  isComplete(): boolean;
}
