import { Button, PageHeader } from '@seaworthy-example/ui';
import { useState } from 'react';
import { useObjectives } from '../api/objectives.js';
import { mayManage } from '../session/permissions.js';
import { useUser } from '../session/session.js';
import { NewObjectiveDialog } from './new-objective-dialog.js';
import { ObjectiveFilters } from './objective-filters.js';
import { ObjectiveTable } from './objective-table.js';
import { useObjectiveFilter } from './use-objective-filter.js';

export function ObjectivesPage() {
  const user = useUser();
  const { filter, change, clear } = useObjectiveFilter();
  const { data, error, refetch } = useObjectives(filter);
  const [creating, setCreating] = useState(false);
  const filtered = Object.keys(filter).length > 0;
  return (
    <>
      <PageHeader
        title="Objectives"
        lead="What every team wants to reach, and how far it is."
        actions={
          mayManage(user) && (
            <Button kind="primary" icon="plus" onClick={() => setCreating(true)}>
              New objective
            </Button>
          )
        }
      />
      <ObjectiveFilters filter={filter} onChange={change} />
      <div className="table-card">
        <ObjectiveTable
          caption="Objectives"
          objectives={data}
          error={error}
          onRetry={() => void refetch()}
          empty={
            filtered
              ? {
                  title: 'Nothing matches',
                  text: 'No objective has this team, status and text.',
                  action: <Button onClick={clear}>Show all objectives</Button>,
                }
              : { title: 'No objective yet', text: 'A manager adds the first one.' }
          }
        />
      </div>
      <NewObjectiveDialog open={creating} onClose={() => setCreating(false)} />
    </>
  );
}
