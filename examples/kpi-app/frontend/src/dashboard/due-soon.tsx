import type { ObjectiveSummary } from '@seaworthy-example/kpi-api';
import { EmptyState, ProgressBar, useFormats } from '@seaworthy-example/ui';
import { Link } from 'react-router';

export function DueSoon({ objectives }: { readonly objectives: readonly ObjectiveSummary[] }) {
  const { relative } = useFormats();
  if (objectives.length === 0) {
    return (
      <EmptyState title="Nothing is due" text="Active objectives appear here as their date comes near." />
    );
  }
  return (
    <ul className="rows">
      {objectives.map(({ id, title, teamName, dueOn, progress }) => (
        <li key={id} className="due-row">
          <div>
            <Link to={`/objectives/${id}`} className="plain-link">
              {title}
            </Link>
            <p className="row-note">
              {teamName} · due {relative(dueOn)}
            </p>
          </div>
          <ProgressBar label={`Progress of ${title}`} share={progress} />
        </li>
      ))}
    </ul>
  );
}
