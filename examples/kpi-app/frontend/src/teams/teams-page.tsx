import type { Team } from '@seaworthy-example/kpi-api';
import {
  Button,
  EmptyState,
  ErrorState,
  PageHeader,
  ProgressBar,
  Skeleton,
  useFormats,
} from '@seaworthy-example/ui';
import { useState } from 'react';
import { Link } from 'react-router';
import { useTeams } from '../api/teams.js';
import { mayManage } from '../session/permissions.js';
import { useUser } from '../session/session.js';
import { NewTeamDialog } from './new-team-dialog.js';

export function TeamsPage() {
  const user = useUser();
  const { data, error, refetch } = useTeams();
  const [creating, setCreating] = useState(false);
  return (
    <>
      <PageHeader
        title="Teams"
        lead="Who works on what, and how each team is doing."
        actions={
          mayManage(user) && (
            <Button kind="primary" icon="plus" onClick={() => setCreating(true)}>
              New team
            </Button>
          )
        }
      />
      {data === undefined && error === null && <Skeleton rows={5} label="Loading the teams" />}
      {data === undefined && error !== null && <ErrorState error={error} onRetry={() => void refetch()} />}
      {data?.length === 0 && <EmptyState title="No team yet" text="A manager creates the first one." />}
      <ul className="team-grid">
        {data?.map((team) => (
          <TeamTile key={team.id} team={team} />
        ))}
      </ul>
      <NewTeamDialog open={creating} onClose={() => setCreating(false)} />
    </>
  );
}

function TeamTile({ team }: { readonly team: Team }) {
  const { number } = useFormats();
  const members = team.memberCount === 1 ? 'member' : 'members';
  const objectives = team.objectiveCount === 1 ? 'objective' : 'objectives';
  return (
    <li className="card team-tile">
      <h2>
        <Link to={`/teams/${team.id}`} className="row-link">
          {team.name}
        </Link>
      </h2>
      <p className="muted">
        {number(team.memberCount)} {members} · {number(team.objectiveCount)} {objectives}
      </p>
      <ProgressBar label={`Progress of ${team.name}`} share={team.progress} />
    </li>
  );
}
