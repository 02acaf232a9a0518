import type { ReactNode } from 'react';

export interface ChartFigureProps {
  /** What the chart shows, in one sentence with its figures. */
  readonly summary: string;
  readonly headers: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** The drawing; a screen reader gets the summary and the table in its place. */
  readonly children: ReactNode;
}

/** A chart for those who see it, and the same numbers as text for everybody else. */
export function ChartFigure({ summary, headers, rows, children }: ChartFigureProps) {
  return (
    <figure className="chart">
      <div className="chart-drawing" role="img" aria-label={summary}>
        {children}
      </div>
      <details className="chart-data">
        <summary>Show the numbers</summary>
        <table className="table-plain">
          <caption className="visually-hidden">{summary}</caption>
          <thead>
            <tr>
              {headers.map((header) => (
                <th key={header} scope="col">
                  {header}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((cells) => (
              <tr key={cells[0]}>
                {cells.map((cell, column) => (
                  <td key={headers[column]}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </details>
    </figure>
  );
}
