import type { CheckIn } from './check-in.js';
import type { ObjectiveSummary } from './objective.js';

/** Mean progress at the end of one week. */
export interface TrendPoint {
  /** The Monday of the week, YYYY-MM-DD. */
  readonly week: string;
  readonly progress: number;
}

export interface TeamProgress {
  readonly teamId: string;
  readonly teamName: string;
  readonly progress: number;
}

export interface RecentCheckIn extends CheckIn {
  readonly keyResultTitle: string;
  readonly objectiveId: string;
  readonly objectiveTitle: string;
}

/** `GET /api/dashboard`. */
export interface DashboardResponse {
  /** Mean progress of all active objectives, 0 to 1. */
  readonly progress: number;
  readonly activeObjectives: number;
  readonly keyResults: number;
  readonly checkInsThisWeek: number;
  /** The next five by due date. */
  readonly dueSoon: readonly ObjectiveSummary[];
  /** Twelve weeks, oldest first. */
  readonly trend: readonly TrendPoint[];
  readonly byTeam: readonly TeamProgress[];
  /** The latest eight. */
  readonly recentCheckIns: readonly RecentCheckIn[];
}
