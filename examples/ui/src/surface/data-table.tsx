import type { ReactNode } from 'react';
import { EmptyState } from '../feedback/empty-state.js';
import { ErrorState } from '../feedback/error-state.js';
import { Skeleton } from '../feedback/skeleton.js';

export interface Column<Row> {
  readonly header: string;
  readonly cell: (row: Row) => ReactNode;
  /** Numbers stand at the end, so that their digits line up. @defaultValue 'start' */
  readonly align?: 'start' | 'end';
  /** Leaves the column out where the screen is narrow. */
  readonly wideOnly?: boolean;
}

export interface DataTableProps<Row> {
  /** Says what the rows are, for a screen reader. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  /** `undefined` while the first answer is on its way. */
  readonly rows: readonly Row[] | undefined;
  readonly rowKey: (row: Row) => string;
  readonly error: Error | null;
  readonly onRetry: () => void;
  /** Shown in place of a table without rows. */
  readonly empty: { readonly title: string; readonly text: string; readonly action?: ReactNode };
}

/** A list with its loading, empty and failed states; on a narrow screen every row becomes a small card. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { caption, columns, rows, rowKey, error, onRetry, empty } = props;
  if (rows === undefined && error !== null) return <ErrorState error={error} onRetry={onRetry} />;
  if (rows === undefined) return <Skeleton rows={5} label={`Loading: ${caption}`} />;
  if (rows.length === 0) return <EmptyState {...empty} />;
  return (
    <table className="table">
      <caption className="visually-hidden">{caption}</caption>
      <thead>
        <tr>
          {columns.map((column) => (
            <th key={column.header} scope="col" className={classOf(column)}>
              {column.header}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={rowKey(row)}>
            {columns.map((column) => (
              <td key={column.header} className={classOf(column)} data-label={column.header}>
                {column.cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function classOf<Row>({ align = 'start', wideOnly = false }: Column<Row>): string {
  return `align-${align}${wideOnly ? ' wide-only' : ''}`;
}
