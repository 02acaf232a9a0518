import type { CheckIn } from '@seaworthy-example/kpi-api';
import { useFormats } from '@seaworthy-example/ui';
import { ConfidenceBadge } from './confidence-badge.js';
import { measure } from './measure.js';

export interface CheckInHistoryProps {
  readonly checkIns: readonly CheckIn[];
  readonly unit: string;
}

/** The latest report in full view, the ones before it behind a disclosure. */
export function CheckInHistory({ checkIns, unit }: CheckInHistoryProps) {
  const [latest, ...earlier] = checkIns;
  if (latest === undefined) return <p className="row-note">No check-in yet.</p>;
  return (
    <div className="history">
      <Entry checkIn={latest} unit={unit} />
      {earlier.length > 0 && (
        <details>
          <summary>
            {earlier.length} earlier {earlier.length === 1 ? 'check-in' : 'check-ins'}
          </summary>
          {earlier.map((checkIn) => (
            <Entry key={checkIn.id} checkIn={checkIn} unit={unit} />
          ))}
        </details>
      )}
    </div>
  );
}

function Entry({ checkIn, unit }: { readonly checkIn: CheckIn; readonly unit: string }) {
  const formats = useFormats();
  return (
    <div className="history-entry">
      <p>
        <strong className="figures">{measure(formats, checkIn.value, unit)}</strong>{' '}
        <ConfidenceBadge confidence={checkIn.confidence} labelled />
      </p>
      {checkIn.comment !== '' && <p>{checkIn.comment}</p>}
      <p className="row-note">
        {checkIn.authorName}, <time dateTime={checkIn.createdAt}>{formats.dateTime(checkIn.createdAt)}</time>
      </p>
    </div>
  );
}
