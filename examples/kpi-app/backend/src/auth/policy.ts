import { guardRoutes, type RouteGuards } from '@seaworthy/security/express';
import { definePolicy } from '@seaworthy/security/roles';
import type { User } from '@seaworthy-example/kpi-api';
import { ApiError } from '@seaworthy-example/server';
import type { Request } from 'express';
import { knownUser, notLoggedIn } from './authenticate.js';

/** What an action that depends on the team is about. */
interface TeamOfUser {
  readonly isMember: boolean;
}

/** Who may do what. Every route names one of these actions, or that it is for anyone. */
export const policy = definePolicy({
  actions: [
    'self.read',
    'dashboard.read',
    'team.read',
    'team.read-addresses',
    'team.write',
    'objective.read',
    'objective.write',
    'check-in.read',
    'check-in.add',
    'account.read',
    'account.write',
  ],
  roles: {
    viewer: { may: ['self.read', 'dashboard.read', 'team.read', 'objective.read', 'check-in.read'] },
    member: { like: ['viewer'], mayIf: { 'check-in.add': 'inTheTeam' } },
    manager: {
      like: ['member'],
      may: ['check-in.add', 'team.read-addresses', 'team.write', 'objective.write'],
    },
    admin: { like: ['manager'], may: ['account.read', 'account.write'] },
  },
  conditions: { inTheTeam: (_user: User, team: TeamOfUser) => team.isMember },
});

type Guards = RouteGuards<Request, (typeof policy.actions)[number], TeamOfUser>;

const guards: Guards = guardRoutes(policy, {
  userOf: (req: Request) => knownUser(req),
  refuse: (reason) =>
    reason === 'forbidden' ? new ApiError(403, 'FORBIDDEN', 'Your role does not allow this.') : notLoggedIn(),
});

export const may: Guards['may'] = guards.may;
export const anyone: Guards['anyone'] = guards.anyone;
