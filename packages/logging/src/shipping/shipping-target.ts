/** One line on its way out of the spool. */
export interface SpooledRecord {
  /** Unique for ever, and the same each time the record is sent: what a receiver recognises a duplicate by. */
  readonly id: string;
  /** When it was logged, in milliseconds since the epoch. */
  readonly timeMs: number;
  /** The line without its line feed: one JSON object. */
  readonly line: string;
}

/**
 * What a receiver said of one record. `stored`: it is durable there. `duplicate`: it was there before. `again`: it was refused
 * for now. `refused`: it will never be taken; it goes to the dead letters, with the reason.
 */
export type Verdict = 'stored' | 'duplicate' | 'again' | { readonly refused: string };

export interface DeliveryOptions {
  /** Aborts at the deadline and when the logger closes. */
  readonly signal: AbortSignal;
  /** How long the delivery may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** Where spooled lines go. One delivery is under way at a time. */
export interface ShippingTarget {
  /** Names the target in metrics and log lines; not a host, not a URL. */
  readonly name: string;
  /**
   * Sends records in their order and resolves when the receiver has confirmed them, with one verdict for each. A rejection means
   * that nothing is known of any, so all are sent again.
   */
  deliver(records: readonly SpooledRecord[], options: DeliveryOptions): Promise<readonly Verdict[]>;
  /** Lets go of what it opened itself, within a bound. */
  close(): Promise<void>;
}
