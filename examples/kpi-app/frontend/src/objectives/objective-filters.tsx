import type { ObjectiveFilter } from '@seaworthy-example/kpi-api';
import { SearchField, SelectField } from '@seaworthy-example/ui';
import { useTeams } from '../api/teams.js';
import { statuses, statusLabels } from './objective-status.js';

export interface ObjectiveFiltersProps {
  readonly filter: ObjectiveFilter;
  readonly onChange: (name: 'team' | 'status' | 'search', value: string) => void;
}

export function ObjectiveFilters({ filter, onChange }: ObjectiveFiltersProps) {
  const { data: teams = [] } = useTeams();
  return (
    <search className="toolbar">
      <SearchField
        label="Search objectives"
        value={filter.search ?? ''}
        onSearch={(value) => onChange('search', value)}
      />
      <SelectField
        label="Team"
        labelHidden
        value={filter.teamId ?? ''}
        options={[
          { value: '', label: 'All teams' },
          ...teams.map(({ id, name }) => ({ value: id, label: name })),
        ]}
        onValue={(value) => onChange('team', value)}
      />
      <SelectField
        label="Status"
        labelHidden
        value={filter.status ?? ''}
        options={[
          { value: '', label: 'Any status' },
          ...statuses.map((status) => ({ value: status, label: statusLabels[status] })),
        ]}
        onValue={(value) => onChange('status', value)}
      />
    </search>
  );
}
