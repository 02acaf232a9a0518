import type { AgingAmount, AgingBucket } from '@seaworthy-example/crm-api';
import { EmptyState, useFormats } from '@seaworthy-example/ui';

export interface AgingBarsProps {
  readonly aging: readonly AgingAmount[];
  readonly currency: string;
}

const labels: Readonly<Record<AgingBucket, string>> = {
  current: 'Not due yet',
  '1-30': '1 to 30 days late',
  '31-60': '31 to 60 days late',
  '61-90': '61 to 90 days late',
  '90+': 'More than 90 days late',
};

/** The amounts are text; the bars beside them only compare. */
export function AgingBars({ aging, currency }: AgingBarsProps) {
  const { money } = useFormats();
  const most = Math.max(0, ...aging.map(({ amountMinor }) => amountMinor));
  if (most === 0) return <EmptyState title="Nothing is due" text="Every invoice that was sent is paid." />;
  return (
    <ul className="aging">
      {aging.map(({ bucket, amountMinor }) => (
        <li key={bucket} className={bucket === 'current' ? 'aging-row' : 'aging-row aging-late'}>
          <span>{labels[bucket]}</span>
          <strong className="figures">{money(amountMinor, currency)}</strong>
          <span className="aging-track" aria-hidden="true">
            <span className="aging-fill" style={{ inlineSize: `${(amountMinor / most) * 100}%` }} />
          </span>
        </li>
      ))}
    </ul>
  );
}
