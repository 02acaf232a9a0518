export type { Account, AccountResponse, AccountsResponse, UpdateAccountRequest } from './account.js';
export type { CheckIn, CreateCheckInRequest } from './check-in.js';
export type { DashboardResponse, RecentCheckIn, TeamProgress, TrendPoint } from './dashboard.js';
export type { CheckInResponse, CreateKeyResultRequest, KeyResult, KeyResultResponse } from './key-result.js';
export type {
  CreateObjectiveRequest,
  Objective,
  ObjectiveFilter,
  ObjectiveResponse,
  ObjectiveStatus,
  ObjectiveSummary,
  ObjectivesResponse,
  UpdateObjectiveRequest,
} from './objective.js';
export type { FieldProblem, Problem } from './problem.js';
export type {
  AddMemberRequest,
  CreateTeamRequest,
  MemberResponse,
  Team,
  TeamDetailResponse,
  TeamMember,
  TeamResponse,
  TeamRole,
  TeamsResponse,
} from './team.js';
export type { LoginRequest, RegisterRequest, Role, TokenResponse, User, UserResponse } from './user.js';
