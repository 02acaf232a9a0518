/** What the pool needs of a connection. */
export interface PoolConnection {
  /** False from the moment that the socket is known to be gone. */
  readonly isOpen: boolean;
  /** Calls `listener` once, when the connection is lost while nobody waits for an answer on it. */
  onLost(listener: () => void): void;
  /** One round trip to the server. */
  ping(): Promise<void>;
  /** Says goodbye and closes. */
  close(): Promise<void>;
  /** Closes now, without a word. */
  destroy(): void;
}

export type SlotState = 'idle' | 'checking' | 'inUse' | 'closing' | 'gone';

/** One connection in the pool and what the pool remembers about it. */
export interface Slot<C extends PoolConnection> {
  readonly connection: C;
  /** Monotonic time at which the attempt that made it began. */
  readonly bornAt: number;
  /** Monotonic time after which it is replaced at the next chance. */
  readonly expiresAt: number;
  state: SlotState;
  /** Who has it. A new one each time, so that giving back twice cannot take it from the next borrower. */
  loan: Loan<C> | undefined;
  /** Monotonic time of the last change of hands. */
  since: number;
}

/** One borrowing of a connection. */
export interface Loan<C extends PoolConnection> {
  readonly connection: C;
  readonly slot: Slot<C>;
  /** Monotonic time at which it was lent. */
  readonly since: number;
  /** Who has it, for the end of the pool: whoever is left then hears why at once. */
  holder: unknown;
}
