import type { TeamDetailResponse } from '@seaworthy-example/kpi-api';
import { Button, ErrorState, PageHeader, Skeleton, useFormats } from '@seaworthy-example/ui';
import { useState } from 'react';
import { useParams } from 'react-router';
import { useObjectives } from '../api/objectives.js';
import { useTeam } from '../api/teams.js';
import { ObjectiveTable } from '../objectives/objective-table.js';
import { mayManage } from '../session/permissions.js';
import { useUser } from '../session/session.js';
import { AddMemberDialog } from './add-member-dialog.js';
import { MemberTable } from './member-table.js';

const back = { to: '/teams', label: 'Teams' };

export function TeamPage() {
  const { id = '' } = useParams();
  const { data, error, refetch } = useTeam(id);
  if (data !== undefined) return <TeamView {...data} />;
  return (
    <>
      <PageHeader title="Team" back={back} />
      {error === null ? (
        <Skeleton rows={6} label="Loading the team" />
      ) : (
        <ErrorState error={error} onRetry={() => void refetch()} />
      )}
    </>
  );
}

function TeamView({ team, members }: TeamDetailResponse) {
  const user = useUser();
  const { percent } = useFormats();
  const objectives = useObjectives({ teamId: team.id });
  const [adding, setAdding] = useState(false);
  const manages = mayManage(user);
  return (
    <>
      <PageHeader
        title={team.name}
        back={back}
        lead={`${percent(team.progress)} of the way to its objectives.`}
        actions={
          manages && (
            <Button kind="primary" icon="plus" onClick={() => setAdding(true)}>
              Add member
            </Button>
          )
        }
      />
      <div className="stack">
        <section className="stack-small" aria-labelledby="team-objectives">
          <h2 id="team-objectives">Objectives</h2>
          <div className="table-card">
            <ObjectiveTable
              caption={`Objectives of ${team.name}`}
              objectives={objectives.data}
              error={objectives.error}
              onRetry={() => void objectives.refetch()}
              empty={{ title: 'No objective yet', text: 'This team has none in this cycle.' }}
            />
          </div>
        </section>
        <section className="stack-small" aria-labelledby="team-members">
          <h2 id="team-members">Members</h2>
          <div className="table-card">
            <MemberTable team={team} members={members} manages={manages} />
          </div>
        </section>
      </div>
      <AddMemberDialog team={team} open={adding} onClose={() => setAdding(false)} />
    </>
  );
}
