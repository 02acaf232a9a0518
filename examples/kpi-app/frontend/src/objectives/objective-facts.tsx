import type { Objective } from '@seaworthy-example/kpi-api';
import { useFormats } from '@seaworthy-example/ui';
import { Link } from 'react-router';
import { ConfidenceBadge } from './confidence-badge.js';
import { StatusBadge } from './objective-status.js';

export function ObjectiveFacts({ objective }: { readonly objective: Objective }) {
  const { date, relative } = useFormats();
  const { status, teamId, teamName, ownerName, dueOn, confidence, lastCheckInAt } = objective;
  return (
    <dl className="facts">
      <div>
        <dt>Status</dt>
        <dd>
          <StatusBadge status={status} />
        </dd>
      </div>
      <div>
        <dt>Team</dt>
        <dd>
          <Link to={`/teams/${teamId}`}>{teamName}</Link>
        </dd>
      </div>
      <div>
        <dt>Owner</dt>
        <dd>{ownerName}</dd>
      </div>
      <div>
        <dt>Due</dt>
        <dd>
          {date(dueOn)}
          <p className="row-note">{relative(dueOn)}</p>
        </dd>
      </div>
      <div>
        <dt>Confidence</dt>
        <dd>
          <ConfidenceBadge confidence={confidence} />
        </dd>
      </div>
      <div>
        <dt>Last check-in</dt>
        <dd>{lastCheckInAt === null ? 'None yet' : relative(lastCheckInAt)}</dd>
      </div>
    </dl>
  );
}
