export interface Team {
  readonly id: string;
  readonly name: string;
  readonly memberCount: number;
  readonly objectiveCount: number;
  /** Mean progress of its objectives, 0 to 1. */
  readonly progress: number;
}

export type TeamRole = 'lead' | 'member';

export interface TeamMember {
  readonly userId: string;
  readonly name: string;
  readonly email: string;
  readonly role: TeamRole;
}

/** `GET /api/teams`. */
export interface TeamsResponse {
  readonly teams: readonly Team[];
}

/** `POST /api/teams`. */
export interface CreateTeamRequest {
  readonly name: string;
}

/** What `POST /api/teams` answers. */
export interface TeamResponse {
  readonly team: Team;
}

/** `GET /api/teams/:id`. */
export interface TeamDetailResponse extends TeamResponse {
  readonly members: readonly TeamMember[];
}

/** `POST /api/teams/:id/members`: the e-mail address of somebody who has registered. */
export interface AddMemberRequest {
  readonly email: string;
  readonly role: TeamRole;
}

export interface MemberResponse {
  readonly member: TeamMember;
}
