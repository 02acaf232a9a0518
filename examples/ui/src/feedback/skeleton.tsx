export interface SkeletonProps {
  readonly label: string;
  readonly rows: number;
}

/** Holds the place of what is on its way, so that the page does not jump. */
export function Skeleton({ label, rows }: SkeletonProps) {
  return (
    <div className="skeleton" role="status">
      <span className="visually-hidden">{label}</span>
      {Array.from({ length: rows }, (_, row) => `row-${row}`).map((key) => (
        <span key={key} className="skeleton-row" />
      ))}
    </div>
  );
}
