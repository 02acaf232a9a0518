import type { CheckIn, KeyResult, ObjectiveSummary, Team } from '@seaworthy-example/kpi-api';
import {
  type FakeAnswer,
  type FakePerson,
  type FakeRequest,
  type FakeRoutes,
  fakeAccounts,
  problem,
} from '@seaworthy-example/ui/testing';
import {
  createObjectives,
  createTeams,
  day,
  type FakeObjective,
  type FakeTeam,
  progressOf,
  users,
} from './fixtures.js';

/** The KPI application's API in memory, for development without a backend and for the browser tests. */
export function createFakeApi(as?: string): FakeRoutes {
  const accounts = fakeAccounts(users, as);
  const teams = createTeams();
  const objectives = createObjectives();

  const teamOf = (id: string | undefined) => teams.find((team) => team.id === id);
  const objectiveOf = (id: string | undefined) => objectives.find((objective) => objective.id === id);
  const summary = (objective: FakeObjective) => summaryOf(objective, teamOf(objective.teamId));
  const full = (objective: FakeObjective) => ({
    ...summary(objective),
    description: objective.description,
    keyResults: objective.keyResults,
  });
  const teamView = (team: FakeTeam): Team => {
    const own = objectives.filter(({ teamId }) => teamId === team.id);
    return {
      id: team.id,
      name: team.name,
      memberCount: team.members.length,
      objectiveCount: own.length,
      progress: mean(own.map((objective) => summary(objective).progress)),
    };
  };

  const routes: FakeRoutes = {
    ...accounts.routes,
    'POST /auth/register': ({ body }) =>
      users.some(({ email }) => email === body.email)
        ? problem(422, 'EMAIL_TAKEN', 'Some fields are not right.', [
            { path: 'email', message: 'This address has an account already. Sign in instead.' },
          ])
        : accounts.register({ email: String(body.email), name: String(body.name), role: 'viewer' }),
    'GET /teams': () => ({ status: 200, body: { teams: teams.map(teamView) } }),
    'POST /teams': ({ body }) => {
      const team: FakeTeam = { id: `t${teams.length + 1}`, name: String(body.name), members: [] };
      teams.push(team);
      return { status: 201, body: { team: teamView(team) } };
    },
    'GET /teams/:id': ({ params }) => {
      const team = teamOf(params.id);
      return team === undefined
        ? problem(404, 'NOT_FOUND', 'There is no such team.')
        : { status: 200, body: { team: teamView(team), members: team.members } };
    },
    'POST /teams/:id/members': ({ params, body }) => {
      const found = users.find(({ email }) => email === body.email);
      if (found === undefined) {
        return problem(422, 'UNKNOWN_USER', 'Some fields are not right.', [
          { path: 'email', message: 'Nobody has registered with this address.' },
        ]);
      }
      const member = {
        userId: found.id,
        name: found.name,
        email: found.email,
        role: body.role === 'lead' ? 'lead' : 'member',
      } as const;
      teamOf(params.id)?.members.push(member);
      return { status: 201, body: { member } };
    },
    'DELETE /teams/:id/members/:userId': ({ params }) => {
      const team = teamOf(params.id);
      if (team !== undefined) team.members = team.members.filter(({ userId }) => userId !== params.userId);
      return { status: 204 };
    },
    'GET /objectives': ({ query }) => ({
      status: 200,
      body: {
        objectives: objectives
          .map(summary)
          .filter(({ teamId }) => (query.get('teamId') ?? teamId) === teamId)
          .filter(({ status }) => (query.get('status') ?? status) === status)
          .filter(({ title }) => title.toLowerCase().includes((query.get('search') ?? '').toLowerCase())),
      },
    }),
    'POST /objectives': ({ body }) => {
      const objective: FakeObjective = {
        id: `o${objectives.length + 1}`,
        teamId: String(body.teamId),
        ownerName: accounts.user()?.name ?? '',
        title: String(body.title),
        description: String(body.description),
        status: 'active',
        dueOn: String(body.dueOn),
        keyResults: [],
      };
      objectives.push(objective);
      return { status: 201, body: { objective: full(objective) } };
    },
    'GET /objectives/:id': ({ params }) => {
      const objective = objectiveOf(params.id);
      return objective === undefined
        ? problem(404, 'NOT_FOUND', 'There is no such objective.')
        : { status: 200, body: { objective: full(objective) } };
    },
    'PATCH /objectives/:id': ({ params, body }) => {
      const objective = objectiveOf(params.id);
      if (objective === undefined) return problem(404, 'NOT_FOUND', 'There is no such objective.');
      Object.assign(objective, body);
      return { status: 200, body: { objective: full(objective) } };
    },
    'POST /objectives/:id/key-results': ({ params, body }) => {
      const objective = objectiveOf(params.id);
      if (objective === undefined) return problem(404, 'NOT_FOUND', 'There is no such objective.');
      const keyResult: KeyResult = {
        id: `${objective.id}k${objective.keyResults.length + 1}`,
        objectiveId: objective.id,
        title: String(body.title),
        unit: String(body.unit),
        startValue: Number(body.startValue),
        targetValue: Number(body.targetValue),
        currentValue: Number(body.startValue),
        progress: 0,
        confidence: null,
        checkIns: [],
      };
      objective.keyResults.push(keyResult);
      return { status: 201, body: { keyResult } };
    },
    'POST /key-results/:id/check-ins': (request) => checkIn(objectives, accounts.user(), request),
    'GET /dashboard': () => ({ status: 200, body: dashboard(objectives.map(full), teams.map(teamView)) }),
  };

  return accounts.guarded(routes);
}

function checkIn(
  objectives: FakeObjective[],
  user: FakePerson | undefined,
  { params, body }: FakeRequest,
): FakeAnswer {
  for (const objective of objectives) {
    const index = objective.keyResults.findIndex(({ id }) => id === params.id);
    const before = objective.keyResults[index];
    if (before === undefined) continue;
    const made: CheckIn = {
      id: `${before.id}c${before.checkIns.length + 1}`,
      keyResultId: before.id,
      authorName: user?.name ?? '',
      value: Number(body.value),
      confidence: Number(body.confidence),
      comment: String(body.comment),
      createdAt: new Date().toISOString(),
    };
    const moved = {
      ...before,
      currentValue: made.value,
      confidence: made.confidence,
      checkIns: [made, ...before.checkIns],
    };
    const keyResult = { ...moved, progress: progressOf(moved) };
    objective.keyResults[index] = keyResult;
    return { status: 201, body: { checkIn: made, keyResult } };
  }
  return problem(404, 'NOT_FOUND', 'There is no such key result.');
}

function summaryOf(objective: FakeObjective, team: FakeTeam | undefined): ObjectiveSummary {
  const { id, teamId, ownerName, title, status, dueOn, keyResults } = objective;
  const confident = keyResults.flatMap(({ confidence }) => (confidence === null ? [] : [confidence]));
  return {
    id,
    teamId,
    teamName: team?.name ?? '',
    ownerName,
    title,
    status,
    dueOn,
    progress: mean(keyResults.map(({ progress }) => progress)),
    keyResultCount: keyResults.length,
    confidence: confident.length === 0 ? null : mean(confident),
    lastCheckInAt: keyResults[0]?.checkIns[0]?.createdAt ?? null,
  };
}

function dashboard(
  objectives: readonly (ObjectiveSummary & { keyResults: readonly KeyResult[] })[],
  teams: readonly Team[],
) {
  const active = objectives.filter(({ status }) => status === 'active');
  const progress = mean(active.map((objective) => objective.progress));
  const checkIns = objectives.flatMap((objective) =>
    objective.keyResults.flatMap((keyResult) =>
      keyResult.checkIns.map((made) => ({
        ...made,
        keyResultTitle: keyResult.title,
        objectiveId: objective.id,
        objectiveTitle: objective.title,
      })),
    ),
  );
  const weekAgo = new Date(Date.now() - 7 * 86_400_000).toISOString();
  const lag = [0.08, 0.1, 0.15, 0.17, 0.26, 0.34, 0.41, 0.5, 0.63, 0.74, 0.9, 1];
  return {
    progress,
    activeObjectives: active.length,
    keyResults: active.reduce((sum, { keyResultCount }) => sum + keyResultCount, 0),
    checkInsThisWeek: checkIns.filter(({ createdAt }) => createdAt > weekAgo).length,
    dueSoon: active.toSorted((a, b) => a.dueOn.localeCompare(b.dueOn)).slice(0, 5),
    trend: lag.map((share, index) => ({ week: day((index - 11) * 7), progress: progress * share })),
    byTeam: teams.map((team) => ({ teamId: team.id, teamName: team.name, progress: team.progress })),
    recentCheckIns: checkIns.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt)).slice(0, 8),
  };
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
