import type { KeyResultResponse, ObjectiveResponse, ObjectivesResponse } from '@seaworthy-example/kpi-api';
import { day, idOf, parse } from '@seaworthy-example/server';
import { Router } from 'express';
import * as z from 'zod';
import { userOf } from '../auth/authenticate.js';
import { may } from '../auth/policy.js';
import { measured } from '../http/measured.js';
import type { ObjectiveStore } from './objective-store.js';

const title = z.string().trim().min(1, 'Give it a title.').max(200);
const description = z.string().trim().max(5_000);
const status = z.enum(['draft', 'active', 'done', 'archived']);

const filter = z.object({
  teamId: z.guid().optional(),
  status: status.optional(),
  search: z.string().max(200).optional(),
});

const newObjective = z.object({
  teamId: z.guid('Choose a team.'),
  title,
  description: description.default(''),
  dueOn: day,
});

const changes = z.object({ title, description, status, dueOn: day }).partial();

const newKeyResult = z
  .object({
    title,
    unit: z.string().trim().max(20).default(''),
    startValue: measured,
    targetValue: measured,
  })
  .refine(({ startValue, targetValue }) => startValue !== targetValue, {
    path: ['targetValue'],
    message: 'The target must differ from the start.',
  });

export function objectiveRoutes(objectives: ObjectiveStore): Router {
  const routes = Router();

  routes.get('/objectives', may('objective.read'), async (req, res) => {
    const { teamId, status, search } = parse(filter, req.query);
    const found = await objectives.list({
      ...(teamId === undefined ? {} : { teamId }),
      ...(status === undefined ? {} : { status }),
      ...(search === undefined ? {} : { search }),
    });
    res.json({ objectives: found } satisfies ObjectivesResponse);
  });

  routes.post('/objectives', may('objective.write'), async (req, res) => {
    const objective = await objectives.add(userOf(req).id, parse(newObjective, req.body));
    res.status(201).json({ objective } satisfies ObjectiveResponse);
  });

  routes.get('/objectives/:id', may('objective.read'), async (req, res) => {
    const objective = await objectives.get(idOf(req.params, 'OBJECTIVE_NOT_FOUND'));
    res.json({ objective } satisfies ObjectiveResponse);
  });

  routes.patch('/objectives/:id', may('objective.write'), async (req, res) => {
    const actor = userOf(req).id;
    const given = parse(changes, req.body);
    const objective = await objectives.change(actor, idOf(req.params, 'OBJECTIVE_NOT_FOUND'), {
      ...(given.title === undefined ? {} : { title: given.title }),
      ...(given.description === undefined ? {} : { description: given.description }),
      ...(given.status === undefined ? {} : { status: given.status }),
      ...(given.dueOn === undefined ? {} : { dueOn: given.dueOn }),
    });
    res.json({ objective } satisfies ObjectiveResponse);
  });

  routes.post('/objectives/:id/key-results', may('objective.write'), async (req, res) => {
    const actor = userOf(req).id;
    const given = parse(newKeyResult, req.body);
    const id = idOf(req.params, 'OBJECTIVE_NOT_FOUND');
    await objectives.teamOf(id);
    res
      .status(201)
      .json({ keyResult: await objectives.addKeyResult(actor, id, given) } satisfies KeyResultResponse);
  });

  return routes;
}
