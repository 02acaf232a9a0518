import type { RecentCheckIn } from '@seaworthy-example/kpi-api';
import { Avatar, EmptyState, useFormats } from '@seaworthy-example/ui';
import { Link } from 'react-router';

export function RecentCheckIns({ checkIns }: { readonly checkIns: readonly RecentCheckIn[] }) {
  const { number, relative } = useFormats();
  if (checkIns.length === 0) {
    return <EmptyState title="No check-in yet" text="The first one appears here as soon as it is made." />;
  }
  return (
    <ul className="rows">
      {checkIns.map((checkIn) => (
        <li key={checkIn.id} className="feed-row">
          <Avatar name={checkIn.authorName} />
          <div>
            <p>
              <strong>{checkIn.authorName}</strong> set{' '}
              <Link to={`/objectives/${checkIn.objectiveId}`} className="plain-link">
                {checkIn.keyResultTitle}
              </Link>{' '}
              to <strong className="figures">{number(checkIn.value)}</strong>
            </p>
            {checkIn.comment !== '' && <p className="quote">{checkIn.comment}</p>}
            <p className="row-note">
              <time dateTime={checkIn.createdAt}>{relative(checkIn.createdAt)}</time> · confidence{' '}
              {number(checkIn.confidence)}/10
            </p>
          </div>
        </li>
      ))}
    </ul>
  );
}
