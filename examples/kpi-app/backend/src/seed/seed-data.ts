import type { ObjectiveStatus, Role, TeamRole } from '@seaworthy-example/kpi-api';
import { type SeededRandom, seededId, seededRandom } from '@seaworthy-example/server';
import { comments, goals, people } from './seed-story.js';

export interface SeedData {
  readonly users: readonly { id: string; email: string; name: string; role: Role }[];
  readonly teams: readonly { id: string; name: string }[];
  readonly members: readonly { team_id: string; user_id: string; role: TeamRole }[];
  readonly objectives: readonly {
    id: string;
    team_id: string;
    owner_id: string;
    title: string;
    description: string;
    status: ObjectiveStatus;
    due_on: string;
    created_at: Date;
  }[];
  readonly keyResults: readonly {
    id: string;
    objective_id: string;
    title: string;
    unit: string;
    start_value: number;
    target_value: number;
    current_value: number;
    position: number;
    created_at: Date;
  }[];
  readonly checkIns: readonly {
    id: string;
    key_result_id: string;
    author_id: string;
    value: number;
    confidence: number;
    comment: string;
    created_at: Date;
  }[];
}

const dayMs = 86_400_000;
const historyWeeks = 12;

/**
 * The demonstration's data: the same for the same day, whoever makes it. It is laid around `today`, so that the last twelve
 * weeks are full whenever somebody looks.
 */
export function seedData(today: Date): SeedData {
  const random = seededRandom(2026);
  const midnight = Math.floor(today.getTime() / dayMs) * dayMs;
  const begin = new Date(midnight - historyWeeks * 7 * dayMs);
  const users = people.map(([name, role, email]) => ({ id: seededId(`user ${email}`), email, name, role }));
  const teams = Object.keys(goals).map((name) => ({ id: seededId(`team ${name}`), name }));
  const members = teams.flatMap((team, at) =>
    users
      .filter(
        ({ role }, index) => role !== 'viewer' && (index % teams.length === at || (index === 2 && at < 3)),
      )
      .map((user) => ({
        team_id: team.id,
        user_id: user.id,
        role: user.role === 'member' ? ('member' as const) : ('lead' as const),
      })),
  );
  const objectives = teams.flatMap((team, at) =>
    (goals[team.name] ?? []).map((goal, index) => ({
      id: seededId(`objective ${goal.title}`),
      team_id: team.id,
      owner_id: (members.filter(({ team_id }) => team_id === team.id)[0] ?? { user_id: users[0]?.id ?? '' })
        .user_id,
      title: goal.title,
      description: goal.why,
      status: statusOf(at, index),
      due_on: new Date(midnight + (14 + random.whole(0, 9) * 7) * dayMs).toISOString().slice(0, 10),
      created_at: begin,
    })),
  );
  const measured = objectives.flatMap((objective) => {
    const goal = (goals[teams.find(({ id }) => id === objective.team_id)?.name ?? ''] ?? []).find(
      ({ title }) => title === objective.title,
    );
    return (goal?.measures ?? []).map((measure, index) =>
      history({
        objective,
        measure,
        index,
        authors: members.filter(({ team_id }) => team_id === objective.team_id),
        begin,
        random,
      }),
    );
  });
  return {
    users,
    teams,
    members,
    objectives,
    keyResults: measured.map(({ keyResult }) => keyResult),
    checkIns: measured.flatMap(({ checkIns }) => checkIns),
  };
}

function statusOf(team: number, index: number): ObjectiveStatus {
  if (team === 1 && index === 4) return 'draft';
  return team === 0 && index === 3 ? 'done' : 'active';
}

interface HistoryOptions {
  readonly objective: SeedData['objectives'][number];
  readonly measure: readonly [string, string, number, number];
  readonly index: number;
  readonly authors: SeedData['members'];
  readonly begin: Date;
  readonly random: SeededRandom;
}

/** A key result and what was reported of it, week by week, from its start towards its target. */
function history({ objective, measure, index, authors, begin, random }: HistoryOptions) {
  const [title, unit, start, target] = measure;
  const id = seededId(`key result ${objective.id} ${title}`);
  const pace =
    objective.status === 'done' ? 1 : objective.status === 'draft' ? 0 : 0.35 + random.next() * 0.6;
  const digits = Number.isInteger(start) && Number.isInteger(target) ? 0 : 1;
  const checkIns = pace === 0 ? [] : Array.from({ length: historyWeeks }, (_, week) => reportOf(week));
  const value = checkIns.at(-1)?.value ?? start;

  function reportOf(week: number): SeedData['checkIns'][number] {
    const share = Math.min(1, (pace * (week + 1)) / historyWeeks + (random.next() - 0.5) * 0.06);
    const reached =
      week === historyWeeks - 1 && pace === 1 ? target : start + (target - start) * Math.max(0, share);
    return {
      id: seededId(`check-in ${id} ${week}`),
      key_result_id: id,
      author_id: authors[week % Math.max(1, authors.length)]?.user_id ?? objective.owner_id,
      value: Number(reached.toFixed(digits)),
      confidence: Math.max(1, Math.min(10, Math.round(3 + pace * 6 + (random.next() - 0.5) * 3))),
      comment: random.pick(comments),
      created_at: new Date(
        begin.getTime() + week * 7 * dayMs + random.whole(0, 5) * dayMs + random.whole(8, 17) * 3_600_000,
      ),
    };
  }

  return {
    keyResult: {
      id,
      objective_id: objective.id,
      title,
      unit,
      start_value: start,
      target_value: target,
      current_value: value,
      position: index + 1,
      created_at: objective.created_at,
    },
    checkIns,
  };
}
