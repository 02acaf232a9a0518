import type { Role } from '@seaworthy-example/kpi-api';

/** What a team wants to reach, and how it is seen. */
export interface Goal {
  readonly title: string;
  readonly why: string;
  /** Title, unit, start, target. */
  readonly measures: readonly (readonly [string, string, number, number])[];
}

/** Name, role, address. */
export const people: readonly (readonly [string, Role, string])[] = [
  ['Amara Okafor', 'admin', 'admin@kpi.example'],
  ['Lukas Brandt', 'manager', 'manager@kpi.example'],
  ['Mei Tanaka', 'member', 'member@kpi.example'],
  ['Sofia Rossi', 'viewer', 'viewer@kpi.example'],
  ['Daniel Mensah', 'manager', 'daniel@kpi.example'],
  ['Ines Carvalho', 'member', 'ines@kpi.example'],
  ['Jonas Lindqvist', 'member', 'jonas@kpi.example'],
  ['Priya Nair', 'member', 'priya@kpi.example'],
  ['Tomasz Nowak', 'member', 'tomasz@kpi.example'],
  ['Leila Haddad', 'manager', 'leila@kpi.example'],
  ['Marc Dubois', 'member', 'marc@kpi.example'],
  ['Grace Wanjiru', 'member', 'grace@kpi.example'],
];

export const goals: Readonly<Record<string, readonly Goal[]>> = {
  'Customer Success': [
    {
      title: 'Make every onboarding feel effortless',
      why: 'Customers who are live within two weeks stay twice as long.',
      measures: [
        ['Median days to first value', 'days', 21, 10],
        ['Onboarding satisfaction', '%', 78, 92],
        ['Accounts live within 14 days', '%', 45, 80],
      ],
    },
    {
      title: 'Answer before the customer has to ask twice',
      why: 'Second contacts cost us most of the support hours.',
      measures: [
        ['First response time', 'h', 9, 2],
        ['Solved on first contact', '%', 58, 75],
        ['Open tickets older than a week', '', 64, 10],
      ],
    },
    {
      title: 'Keep the customers we have',
      why: 'Renewals carry the plan for next year.',
      measures: [
        ['Gross revenue retention', '%', 88, 94],
        ['Quarterly reviews held', '', 12, 48],
        ['Accounts at risk', '', 31, 12],
      ],
    },
    {
      title: 'Turn happy customers into references',
      why: 'Sales asks for a reference in every second deal.',
      measures: [
        ['Published customer stories', '', 2, 10],
        ['Net promoter score', '', 34, 48],
        ['Reference calls offered', '', 5, 20],
      ],
    },
  ],
  Growth: [
    {
      title: 'Be found by teams that need us',
      why: 'Most trials still start from a recommendation.',
      measures: [
        ['Qualified sign-ups a month', '', 420, 900],
        ['Organic search visits', 'k', 38, 75],
        ['Cost per trial', '€', 64, 40],
      ],
    },
    {
      title: 'Make the trial convince by itself',
      why: 'Two out of three trials end before the second visit.',
      measures: [
        ['Trial to paid', '%', 11, 18],
        ['Reach the first report', '%', 34, 60],
        ['Days to upgrade', 'days', 16, 9],
      ],
    },
    {
      title: 'Open the Nordic market',
      why: 'Three partners are ready to sell with us.',
      measures: [
        ['Signed partners', '', 0, 6],
        ['Nordic pipeline', 'k€', 0, 450],
        ['Localised help articles', '', 0, 80],
      ],
    },
    {
      title: 'Simplify the price list',
      why: 'Finance and sales explain it differently.',
      measures: [
        ['Plans on the price page', '', 7, 3],
        ['Discounted deals', '%', 41, 20],
        ['Billing questions a week', '', 55, 20],
      ],
    },
    {
      title: 'Start a community that helps itself',
      why: 'Peers answer at night, we do not.',
      measures: [
        ['Active members', '', 0, 600],
        ['Questions answered by peers', '%', 0, 50],
        ['Events held', '', 0, 6],
      ],
    },
  ],
  Platform: [
    {
      title: 'Nobody notices a deployment',
      why: 'Every third incident began with a release.',
      measures: [
        ['Failed requests per deployment', '', 140, 0],
        ['Deployments a week', '', 6, 25],
        ['Change failure rate', '%', 14, 4],
      ],
    },
    {
      title: 'Answer in the time of a blink',
      why: 'The dashboard is the first thing people see in the morning.',
      measures: [
        ['p95 of the dashboard', 'ms', 1_450, 400],
        ['Slow queries a day', '', 310, 25],
        ['Initial bundle', 'KB', 310, 130],
      ],
    },
    {
      title: 'Prove that we can restore',
      why: 'A backup that was never restored is a hope.',
      measures: [
        ['Restore drills passed', '', 0, 6],
        ['Time to restore', 'min', 190, 45],
        ['Services with a tested runbook', '%', 20, 100],
      ],
    },
    {
      title: 'Sleep through the night',
      why: 'Two people left because of the pager.',
      measures: [
        ['Pages outside office hours', '', 23, 4],
        ['Alerts without an action', '%', 62, 10],
        ['Mean time to recover', 'min', 84, 30],
      ],
    },
    {
      title: 'Retire the old billing service',
      why: 'It blocks the database upgrade.',
      measures: [
        ['Traffic on the old service', '%', 100, 0],
        ['Endpoints migrated', '', 3, 28],
        ['Data differences found', '', 46, 0],
      ],
    },
  ],
  Product: [
    {
      title: 'Ship what five customers asked for',
      why: 'The backlog is older than half of the team.',
      measures: [
        ['Requests closed', '', 0, 40],
        ['Used within a month of release', '%', 22, 60],
        ['Interviews held', '', 4, 36],
      ],
    },
    {
      title: 'Make reports that people forward',
      why: 'A forwarded report brings the next user.',
      measures: [
        ['Reports shared a week', '', 180, 600],
        ['Report load failures', '%', 3.2, 0.5],
        ['Scheduled reports', '', 35, 250],
      ],
    },
    {
      title: 'Work for everyone',
      why: 'Public buyers ask for WCAG 2.2 and mean it.',
      measures: [
        ['Accessibility findings', '', 118, 0],
        ['Journeys usable by keyboard', '%', 55, 100],
        ['Contrast failures', '', 39, 0],
      ],
    },
    {
      title: 'Bring the phone up to the desktop',
      why: 'Every third check-in is made on the way home.',
      measures: [
        ['Check-ins from phones', '%', 17, 35],
        ['Mobile crash-free sessions', '%', 97.1, 99.8],
        ['Mobile satisfaction', '', 3.4, 4.5],
      ],
    },
  ],
};

export const comments = [
  'Steady progress, nothing in the way.',
  'Better than last week: the new checklist helps.',
  'Waiting for the review, otherwise on plan.',
  'A holiday week, so less than we hoped.',
  'The pilot customers confirmed the numbers.',
  'We found the cause and fixed it on Thursday.',
  'Needs help from Platform to go further.',
  'Ahead of plan. We raise the bar at the next review.',
  '',
] as const;
