import type { InvoiceSummary } from '@seaworthy-example/crm-api';
import { type Column, DataTable, type DataTableProps, useFormats } from '@seaworthy-example/ui';
import { Link } from 'react-router';
import { StatusBadge } from './invoice-status.js';

export interface InvoiceTableProps {
  readonly caption: string;
  readonly invoices: readonly InvoiceSummary[] | undefined;
  readonly error?: Error | null;
  readonly onRetry?: () => void;
  readonly empty: DataTableProps<InvoiceSummary>['empty'];
}

export function InvoiceTable({
  invoices,
  error = null,
  onRetry = () => undefined,
  ...table
}: InvoiceTableProps) {
  const { date, money } = useFormats();
  const columns: readonly Column<InvoiceSummary>[] = [
    {
      header: 'Invoice',
      cell: ({ id, number, clientName }) => (
        <>
          <Link to={`/invoices/${id}`} className="row-link">
            {number}
          </Link>
          <p className="row-note">{clientName}</p>
        </>
      ),
    },
    { header: 'Status', cell: ({ status }) => <StatusBadge status={status} /> },
    { header: 'Issued', wideOnly: true, cell: ({ issuedOn }) => date(issuedOn) },
    { header: 'Due on', cell: ({ dueOn }) => date(dueOn) },
    { header: 'Total', align: 'end', cell: ({ totalMinor, currency }) => money(totalMinor, currency) },
    {
      header: 'Still due',
      align: 'end',
      cell: ({ dueMinor, currency }) =>
        dueMinor === 0 ? <span className="muted">—</span> : <strong>{money(dueMinor, currency)}</strong>,
    },
  ];
  return (
    <DataTable
      columns={columns}
      rows={invoices}
      rowKey={({ id }) => id}
      error={error}
      onRetry={onRetry}
      {...table}
    />
  );
}
