import type { CheckIn, KeyResult, ObjectiveStatus, TeamMember, User } from '@seaworthy-example/kpi-api';

/** One quarter of a small software company, placed around today so that every page has something to say. */
export const users: readonly User[] = [
  { id: 'u1', email: 'admin@kpi.example', name: 'Amara Okafor', role: 'admin' },
  { id: 'u2', email: 'manager@kpi.example', name: 'Mateo Alvarez', role: 'manager' },
  { id: 'u3', email: 'member@kpi.example', name: 'Mina Sato', role: 'member' },
  { id: 'u4', email: 'viewer@kpi.example', name: 'Viktor Lindqvist', role: 'viewer' },
];

export interface FakeTeam {
  readonly id: string;
  readonly name: string;
  members: TeamMember[];
}

export interface FakeObjective {
  readonly id: string;
  readonly teamId: string;
  readonly ownerName: string;
  title: string;
  description: string;
  status: ObjectiveStatus;
  dueOn: string;
  keyResults: KeyResult[];
}

export function day(offset: number): string {
  return new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
}

export function progressOf({ startValue, targetValue, currentValue }: KeyResult): number {
  return Math.min(1, Math.max(0, (currentValue - startValue) / (targetValue - startValue)));
}

export function createTeams(): FakeTeam[] {
  const member = (user: User | undefined, role: TeamMember['role']): TeamMember[] =>
    user === undefined ? [] : [{ userId: user.id, name: user.name, email: user.email, role }];
  return [
    { id: 't1', name: 'Growth', members: [...member(users[1], 'lead'), ...member(users[2], 'member')] },
    { id: 't2', name: 'Platform', members: [...member(users[0], 'lead'), ...member(users[2], 'member')] },
    { id: 't3', name: 'Customer care', members: member(users[1], 'lead') },
    { id: 't4', name: 'Finance and operations', members: [] },
  ];
}

/** team, owner, title, description, status, days to the due date, key results as title, unit, start, now, target */
const plan = [
  [
    't1',
    1,
    'Make the first week so good that trials stay',
    'Most trials decide within seven days. We want that week to show the product at its best.',
    'active',
    24,
    [
      ['Trials that become customers', '%', 9, 14, 18],
      ['Median days to the first report', 'days', 6, 3.5, 2],
      ['Customers who invite a colleague', 'customers', 120, 260, 400],
    ],
  ],
  [
    't1',
    2,
    'Open the Nordic market',
    'Localised pages, invoices in local currency and two reference customers.',
    'active',
    52,
    [
      ['Qualified leads from the Nordics', 'leads', 0, 64, 150],
      ['Reference customers signed', 'customers', 0, 1, 2],
    ],
  ],
  [
    't2',
    0,
    'Pages answer before anyone notices the wait',
    'Slow pages are the most frequent complaint in support.',
    'active',
    11,
    [
      ['95th percentile of page loads', 'ms', 1900, 1150, 800],
      ['Error budget left this quarter', '%', 0, 72, 90],
    ],
  ],
  [
    't2',
    2,
    'Nobody is woken at night',
    'Alerts that need no action train us to ignore the ones that do.',
    'active',
    38,
    [
      ['Pages outside working hours a month', 'pages', 23, 9, 4],
      ['Runbooks rehearsed', '', 2, 6, 12],
    ],
  ],
  [
    't3',
    1,
    'Answers on the same day, without a queue',
    '',
    'active',
    5,
    [
      ['Tickets answered within eight hours', '%', 61, 83, 90],
      ['Satisfaction after a ticket', '%', 78, 86, 92],
    ],
  ],
  [
    't3',
    1,
    'Help people find the answer themselves',
    'A rewritten help centre, searchable and in three languages.',
    'done',
    -6,
    [['Searches that end in an article', '%', 34, 70, 70]],
  ],
  [
    't4',
    0,
    'Close the month in three days',
    'Today it takes nine, and nobody trusts the interim numbers.',
    'active',
    66,
    [
      ['Working days to close', 'days', 9, 7, 3],
      ['Invoices matched without a person', '%', 40, 55, 85],
    ],
  ],
  ['t4', 0, 'Choose the tools for next year', '', 'draft', 95, []],
] as const;

const comments = [
  'The new onboarding checklist went live for everybody; the effect is clearer than in the test.',
  'Two releases had to wait for the review, so the number stands still.',
  'The Oslo team confirmed the pilot. We expect the contract next week.',
  'Caching the account page took most of the wait away.',
  'A quiet week: three alerts removed, one runbook rehearsed.',
];

export function createObjectives(): FakeObjective[] {
  return plan.map(([teamId, owner, title, description, status, dueIn, results], index) => ({
    id: `o${index + 1}`,
    teamId,
    ownerName: users[owner]?.name ?? '',
    title,
    description,
    status,
    dueOn: day(dueIn),
    keyResults: results.map(([name, unit, startValue, currentValue, targetValue], position) => {
      const id = `o${index + 1}k${position + 1}`;
      const checkIns = createCheckIns(id, startValue, currentValue, index + position);
      const keyResult = {
        id,
        objectiveId: `o${index + 1}`,
        title: name,
        unit,
        startValue,
        targetValue,
        currentValue,
      };
      const confidence = checkIns[0]?.confidence ?? null;
      const bare: KeyResult = { ...keyResult, progress: 0, confidence, checkIns };
      return { ...bare, progress: progressOf(bare) };
    }),
  }));
}

/** Four weekly reports on a straight line from the start to where the key result stands. */
function createCheckIns(keyResultId: string, from: number, to: number, seed: number): CheckIn[] {
  return [4, 3, 2, 1].map((step) => ({
    id: `${keyResultId}c${step}`,
    keyResultId,
    authorName: users[(seed + step) % 3]?.name ?? '',
    value: Math.round((from + ((to - from) * step) / 4) * 10) / 10,
    confidence: 3 + ((seed * 2 + step) % 7),
    comment: comments[(seed + step) % comments.length] ?? '',
    createdAt: new Date(Date.now() - (4 - step) * 7 * 86_400_000 - (seed + 1) * 5_400_000).toISOString(),
  }));
}
