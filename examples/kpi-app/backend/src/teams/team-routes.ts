import type {
  MemberResponse,
  TeamDetailResponse,
  TeamResponse,
  TeamsResponse,
} from '@seaworthy-example/kpi-api';
import { type AuditTrail, idOf, parse } from '@seaworthy-example/server';
import { Router } from 'express';
import * as z from 'zod';
import { userOf } from '../auth/authenticate.js';
import { may, policy } from '../auth/policy.js';
import type { TeamStore } from './team-store.js';

const newTeam = z.object({ name: z.string().trim().min(1, 'Give the team a name.').max(80) });

const newMember = z.object({
  email: z.email('Enter an e-mail address.').max(254),
  role: z.enum(['lead', 'member']),
});

export function teamRoutes(teams: TeamStore, trail: AuditTrail): Router {
  const routes = Router();

  routes.get('/teams', may('team.read'), async (_req, res) => {
    res.json({ teams: await teams.list() } satisfies TeamsResponse);
  });

  routes.post('/teams', may('team.write'), async (req, res) => {
    const actor = userOf(req).id;
    const { name } = parse(newTeam, req.body);
    res.status(201).json({ team: await teams.add(actor, name) } satisfies TeamResponse);
  });

  routes.get('/teams/:id', may('team.read'), async (req, res) => {
    const id = idOf(req.params, 'TEAM_NOT_FOUND');
    const team = await teams.get(id);
    const members = await teams.membersOf(id);
    // Anybody may register and read, so addresses are for those who manage people.
    const reader = userOf(req);
    const shown = policy.can(reader, 'team.read-addresses')
      ? members
      : members.map((one) => ({ ...one, email: '' }));
    await trail.note({
      actor: reader.id,
      action: 'team.read',
      target: { type: 'team', id },
      outcome: 'success',
    });
    res.json({ team, members: shown } satisfies TeamDetailResponse);
  });

  routes.post('/teams/:id/members', may('team.write'), async (req, res) => {
    const actor = userOf(req).id;
    const { email, role } = parse(newMember, req.body);
    const member = await teams.addMember(actor, idOf(req.params, 'TEAM_NOT_FOUND'), email, role);
    res.status(201).json({ member } satisfies MemberResponse);
  });

  routes.delete('/teams/:id/members/:userId', may('team.write'), async (req, res) => {
    const actor = userOf(req).id;
    await teams.removeMember(
      actor,
      idOf(req.params, 'TEAM_NOT_FOUND'),
      idOf(req.params, 'USER_NOT_FOUND', 'userId'),
    );
    res.status(204).end();
  });

  return routes;
}
