import type { Objective } from '@seaworthy-example/kpi-api';
import { SelectField, useNotify } from '@seaworthy-example/ui';
import { useUpdateObjective } from '../api/objectives.js';
import { statuses, statusLabels } from './objective-status.js';

export function StatusSelect({ objective }: { readonly objective: Objective }) {
  const update = useUpdateObjective(objective.id);
  const notify = useNotify();

  function change(value: string) {
    const status = statuses.find((known) => known === value);
    if (status === undefined) return;
    update.mutate(
      { status },
      {
        onSuccess: () => notify(`The objective is now ${statusLabels[status].toLowerCase()}.`),
        onError: (error) => notify(error.message, 'bad'),
      },
    );
  }

  return (
    <SelectField
      label="Status"
      value={objective.status}
      disabled={update.isPending}
      options={statuses.map((status) => ({ value: status, label: statusLabels[status] }))}
      onValue={change}
    />
  );
}
