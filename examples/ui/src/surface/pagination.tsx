import { Button } from '../control/button.js';
import { useFormats } from '../format/formats-context.js';

export interface PaginationProps {
  /** What is counted: `clients`. */
  readonly noun: string;
  readonly page: number;
  readonly pageSize: number;
  readonly total: number;
  readonly onPage: (page: number) => void;
}

/** Says which rows are on screen and turns the pages. */
export function Pagination({ noun, page, pageSize, total, onPage }: PaginationProps) {
  const { number } = useFormats();
  if (total === 0) return null;
  const first = (page - 1) * pageSize + 1;
  const last = Math.min(total, page * pageSize);
  return (
    <nav className="pagination" aria-label={`Pages of ${noun}`}>
      <p aria-live="polite">
        {number(first)}–{number(last)} of {number(total)} {noun}
      </p>
      {total > pageSize && (
        <div className="actions">
          <Button disabled={page <= 1} onClick={() => onPage(page - 1)}>
            Previous
          </Button>
          <Button disabled={last >= total} onClick={() => onPage(page + 1)}>
            Next
          </Button>
        </div>
      )}
    </nav>
  );
}
