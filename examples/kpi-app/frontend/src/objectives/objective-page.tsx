import type { Objective } from '@seaworthy-example/kpi-api';
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
import { useParams } from 'react-router';
import { useObjective } from '../api/objectives.js';
import { useTeam } from '../api/teams.js';
import { mayCheckIn, mayManage } from '../session/permissions.js';
import { useUser } from '../session/session.js';
import { KeyResultCard } from './key-result-card.js';
import { NewKeyResultDialog } from './new-key-result-dialog.js';
import { ObjectiveFacts } from './objective-facts.js';
import { StatusSelect } from './status-select.js';

const back = { to: '/objectives', label: 'Objectives' };

export function ObjectivePage() {
  const { id = '' } = useParams();
  const { data, error, refetch } = useObjective(id);
  if (data !== undefined) return <ObjectiveView objective={data} />;
  return (
    <>
      <PageHeader title="Objective" back={back} />
      {error === null ? (
        <Skeleton rows={6} label="Loading the objective" />
      ) : (
        <ErrorState error={error} onRetry={() => void refetch()} />
      )}
    </>
  );
}

function ObjectiveView({ objective }: { readonly objective: Objective }) {
  const user = useUser();
  const { percent } = useFormats();
  const { data: team } = useTeam(user.role === 'member' ? objective.teamId : undefined);
  const [adding, setAdding] = useState(false);
  const manages = mayManage(user);
  const addButton = (
    <Button icon="plus" onClick={() => setAdding(true)}>
      Add key result
    </Button>
  );
  return (
    <>
      <PageHeader
        title={objective.title}
        back={back}
        lead={objective.description}
        actions={manages && <StatusSelect objective={objective} />}
      />
      <div className="stack">
        <div className="card">
          <ProgressBar
            label={`Progress of the objective: ${percent(objective.progress)}`}
            share={objective.progress}
          />
          <ObjectiveFacts objective={objective} />
        </div>
        <section className="stack-small" aria-labelledby="key-results">
          <div className="section-header">
            <h2 id="key-results">Key results</h2>
            {manages && objective.keyResults.length > 0 && addButton}
          </div>
          {objective.keyResults.map((keyResult) => (
            <KeyResultCard
              key={keyResult.id}
              keyResult={keyResult}
              mayCheckIn={mayCheckIn(user, team?.members) && objective.status === 'active'}
            />
          ))}
          {objective.keyResults.length === 0 && (
            <div className="card">
              <EmptyState
                title="No key result yet"
                text="A key result is a number that shows whether the objective is reached."
                action={manages && addButton}
              />
            </div>
          )}
        </section>
      </div>
      <NewKeyResultDialog objectiveId={objective.id} open={adding} onClose={() => setAdding(false)} />
    </>
  );
}
