import type { CheckIn } from './check-in.js';

/** A number to move from `startValue` to `targetValue`; the target may be the lower one. */
export interface KeyResult {
  readonly id: string;
  readonly objectiveId: string;
  readonly title: string;
  /** What is counted, as a reader would write it: `%`, `€`, `customers`. */
  readonly unit: string;
  readonly startValue: number;
  readonly targetValue: number;
  readonly currentValue: number;
  /** Share of the way from start to target, 0 to 1. */
  readonly progress: number;
  /** From the latest check-in; `null` before the first. */
  readonly confidence: number | null;
  /** Newest first, up to 20. */
  readonly checkIns: readonly CheckIn[];
}

/** `POST /api/objectives/:id/key-results`. */
export interface CreateKeyResultRequest {
  readonly title: string;
  readonly unit: string;
  readonly startValue: number;
  readonly targetValue: number;
}

export interface KeyResultResponse {
  readonly keyResult: KeyResult;
}

/** What `POST /api/key-results/:id/check-ins` answers. */
export interface CheckInResponse {
  readonly checkIn: CheckIn;
  readonly keyResult: KeyResult;
}
