import type { Invoice, PaymentMethod } from '@seaworthy-example/crm-api';
import { EmptyState, ProgressBar, useFormats } from '@seaworthy-example/ui';

export const methodLabels: Readonly<Record<PaymentMethod, string>> = {
  bank: 'Bank transfer',
  card: 'Card',
  cash: 'Cash',
  mobile: 'Mobile money',
};

export function PaymentList({ invoice }: { readonly invoice: Invoice }) {
  const { date, money } = useFormats();
  const { payments, paidMinor, totalMinor } = invoice;
  if (payments.length === 0) {
    return <EmptyState title="Nothing was paid yet" text="Payments appear here as they are recorded." />;
  }
  return (
    <div className="stack-small">
      <ProgressBar label="Paid" share={totalMinor === 0 ? 0 : paidMinor / totalMinor} />
      <ul className="rows">
        {payments.map(({ id, amountMinor, currency, method, paidOn, reference }) => (
          <li key={id} className="payment">
            <div>
              <p>{methodLabels[method]}</p>
              <p className="row-note">{[date(paidOn), reference].filter(Boolean).join(' · ')}</p>
            </div>
            <strong className="figures">{money(amountMinor, currency)}</strong>
          </li>
        ))}
      </ul>
    </div>
  );
}
