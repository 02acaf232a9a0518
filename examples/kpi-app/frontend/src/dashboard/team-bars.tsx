import type { TeamProgress } from '@seaworthy-example/kpi-api';
import { EmptyState, ProgressBar } from '@seaworthy-example/ui';
import { Link } from 'react-router';

export function TeamBars({ teams }: { readonly teams: readonly TeamProgress[] }) {
  if (teams.length === 0) {
    return <EmptyState title="No team yet" text="A team’s progress appears with its first objective." />;
  }
  return (
    <ul className="team-bars">
      {teams.map(({ teamId, teamName, progress }) => (
        <li key={teamId}>
          <Link to={`/teams/${teamId}`} className="plain-link">
            {teamName}
          </Link>
          <ProgressBar label={`Progress of ${teamName}`} share={progress} />
        </li>
      ))}
    </ul>
  );
}
