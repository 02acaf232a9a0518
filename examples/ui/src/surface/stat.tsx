import type { ReactNode } from 'react';

export interface StatProps {
  readonly label: string;
  readonly value: ReactNode;
  readonly note?: ReactNode;
  readonly tone?: 'neutral' | 'good' | 'bad';
}

/** One number that matters, with what it means; stands inside a `StatRow`. */
export function Stat({ label, value, note, tone = 'neutral' }: StatProps) {
  return (
    <div className={`stat stat-${tone}`}>
      <dt>{label}</dt>
      <dd className="stat-value">{value}</dd>
      {note !== undefined && <dd className="stat-note">{note}</dd>}
    </div>
  );
}

export function StatRow({ children }: { readonly children: ReactNode }) {
  return <dl className="stat-row">{children}</dl>;
}
