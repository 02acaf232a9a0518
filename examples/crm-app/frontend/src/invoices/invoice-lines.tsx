import type { Invoice, InvoiceLine } from '@seaworthy-example/crm-api';
import { type Column, DataTable, useFormats } from '@seaworthy-example/ui';

export function InvoiceLines({ invoice }: { readonly invoice: Invoice }) {
  const { money, number } = useFormats();
  const { currency } = invoice;
  const columns: readonly Column<InvoiceLine>[] = [
    { header: 'Description', cell: ({ description }) => <strong>{description}</strong> },
    { header: 'Quantity', align: 'end', cell: ({ quantity }) => number(Number(quantity)) },
    { header: 'Unit price', align: 'end', cell: ({ unitPriceMinor }) => money(unitPriceMinor, currency) },
    { header: 'Tax', align: 'end', cell: ({ taxRateBp }) => `${number(taxRateBp / 100)}%` },
    { header: 'Amount', align: 'end', cell: ({ lineTotalMinor }) => money(lineTotalMinor, currency) },
  ];
  return (
    <DataTable
      caption={`Lines of invoice ${invoice.number}`}
      columns={columns}
      rows={invoice.lines}
      rowKey={({ id }) => id}
      error={null}
      onRetry={() => undefined}
      empty={{ title: 'No line', text: 'This invoice charges nothing.' }}
    />
  );
}
