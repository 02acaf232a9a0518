import type { CheckInResponse } from '@seaworthy-example/kpi-api';
import { idOf, parse } from '@seaworthy-example/server';
import { type Request, Router } from 'express';
import * as z from 'zod';
import { userOf } from '../auth/authenticate.js';
import { may } from '../auth/policy.js';
import { measured } from '../http/measured.js';
import type { ObjectiveStore } from '../objectives/objective-store.js';
import type { TeamStore } from '../teams/team-store.js';
import type { CheckInStore } from './check-in-store.js';

const newCheckIn = z.object({
  value: measured,
  confidence: z.int('Choose 1 to 10.').min(1, 'Choose 1 to 10.').max(10, 'Choose 1 to 10.'),
  comment: z.string().trim().max(2_000).default(''),
});

export interface CheckInRoutesOptions {
  readonly checkIns: CheckInStore;
  readonly objectives: ObjectiveStore;
  readonly teams: TeamStore;
}

export function checkInRoutes({ checkIns, objectives, teams }: CheckInRoutesOptions): Router {
  const routes = Router();

  /** Whether the asking user is in the team whose key result it is. */
  async function teamOf(req: Request): Promise<{ readonly isMember: boolean }> {
    const { objectiveId } = await objectives.getKeyResult(idOf(req.params, 'KEY_RESULT_NOT_FOUND'));
    return { isMember: await teams.isMember(await objectives.teamOf(objectiveId), userOf(req).id) };
  }

  routes.get('/key-results/:id/check-ins', may('check-in.read'), async (req, res) => {
    const keyResult = await objectives.getKeyResult(idOf(req.params, 'KEY_RESULT_NOT_FOUND'));
    res.json({ checkIns: await checkIns.of(keyResult.id) });
  });

  routes.post('/key-results/:id/check-ins', may('check-in.add', teamOf), async (req, res) => {
    const user = userOf(req);
    const given = parse(newCheckIn, req.body);
    const { id } = await objectives.getKeyResult(idOf(req.params, 'KEY_RESULT_NOT_FOUND'));
    const checkIn = await checkIns.add(id, user.id, given);
    res.status(201).json({ checkIn, keyResult: await objectives.getKeyResult(id) } satisfies CheckInResponse);
  });

  return routes;
}
