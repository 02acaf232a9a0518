/** One report of where a key result stands; never changed after it was written. */
export interface CheckIn {
  readonly id: string;
  readonly keyResultId: string;
  readonly authorName: string;
  readonly value: number;
  /** How sure the author is that the target will be reached: 1 (hardly) to 10 (certain). */
  readonly confidence: number;
  readonly comment: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
}

/** `POST /api/key-results/:id/check-ins`. */
export interface CreateCheckInRequest {
  readonly value: number;
  readonly confidence: number;
  readonly comment: string;
}
