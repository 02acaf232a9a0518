import type { ObjectiveSummary } from '@seaworthy-example/kpi-api';
import { type Column, DataTable, type DataTableProps, ProgressBar, useFormats } from '@seaworthy-example/ui';
import { Link } from 'react-router';
import { ConfidenceBadge } from './confidence-badge.js';
import { StatusBadge } from './objective-status.js';

export interface ObjectiveTableProps {
  readonly caption: string;
  readonly objectives: readonly ObjectiveSummary[] | undefined;
  readonly error: Error | null;
  readonly onRetry: () => void;
  readonly empty: DataTableProps<ObjectiveSummary>['empty'];
}

export function ObjectiveTable({ objectives, ...table }: ObjectiveTableProps) {
  const { date } = useFormats();
  const columns: readonly Column<ObjectiveSummary>[] = [
    {
      header: 'Objective',
      cell: ({ id, title, teamName, ownerName }) => (
        <>
          <Link to={`/objectives/${id}`} className="row-link">
            {title}
          </Link>
          <p className="row-note">
            {teamName} · {ownerName}
          </p>
        </>
      ),
    },
    { header: 'Status', cell: ({ status }) => <StatusBadge status={status} /> },
    {
      header: 'Progress',
      cell: ({ title, progress }) => <ProgressBar label={`Progress of ${title}`} share={progress} />,
    },
    { header: 'Confidence', cell: ({ confidence }) => <ConfidenceBadge confidence={confidence} /> },
    { header: 'Due', align: 'end', cell: ({ dueOn }) => <span className="no-wrap">{date(dueOn)}</span> },
  ];
  return <DataTable columns={columns} rows={objectives} rowKey={({ id }) => id} {...table} />;
}
