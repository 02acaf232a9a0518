import type { KeyResult } from './key-result.js';

export type ObjectiveStatus = 'draft' | 'active' | 'done' | 'archived';

export interface ObjectiveSummary {
  readonly id: string;
  readonly teamId: string;
  readonly teamName: string;
  readonly ownerName: string;
  readonly title: string;
  readonly status: ObjectiveStatus;
  /** YYYY-MM-DD. */
  readonly dueOn: string;
  /** Mean progress of its key results, 0 to 1. */
  readonly progress: number;
  readonly keyResultCount: number;
  /** Mean of the latest confidence of each key result; `null` when none has a check-in. */
  readonly confidence: number | null;
  /** ISO 8601, UTC. */
  readonly lastCheckInAt: string | null;
}

export interface Objective extends ObjectiveSummary {
  readonly description: string;
  readonly keyResults: readonly KeyResult[];
}

/** The query of `GET /api/objectives`. */
export interface ObjectiveFilter {
  readonly teamId?: string;
  readonly status?: ObjectiveStatus;
  readonly search?: string;
}

export interface ObjectivesResponse {
  readonly objectives: readonly ObjectiveSummary[];
}

/** `POST /api/objectives`. */
export interface CreateObjectiveRequest {
  readonly teamId: string;
  readonly title: string;
  readonly description: string;
  readonly dueOn: string;
}

/** `PATCH /api/objectives/:id`; what is left out stays as it is. */
export interface UpdateObjectiveRequest {
  readonly title?: string;
  readonly description?: string;
  readonly status?: ObjectiveStatus;
  readonly dueOn?: string;
}

export interface ObjectiveResponse {
  readonly objective: Objective;
}
