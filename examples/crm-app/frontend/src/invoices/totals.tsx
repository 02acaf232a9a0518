import { useFormats } from '@seaworthy-example/ui';

export interface TotalsProps {
  readonly currency: string;
  readonly subtotalMinor: number;
  readonly taxMinor: number;
  readonly totalMinor: number;
  /** Left out while there is nothing to be paid yet. */
  readonly paidMinor?: number;
}

export function Totals({ currency, subtotalMinor, taxMinor, totalMinor, paidMinor }: TotalsProps) {
  const { money } = useFormats();
  return (
    <dl className="totals">
      <div>
        <dt>Subtotal</dt>
        <dd>{money(subtotalMinor, currency)}</dd>
      </div>
      <div>
        <dt>Tax</dt>
        <dd>{money(taxMinor, currency)}</dd>
      </div>
      <div className="totals-sum">
        <dt>Total</dt>
        <dd>{money(totalMinor, currency)}</dd>
      </div>
      {paidMinor !== undefined && (
        <>
          <div>
            <dt>Paid</dt>
            <dd>{money(paidMinor, currency)}</dd>
          </div>
          <div className="totals-sum">
            <dt>Still due</dt>
            <dd>{money(totalMinor - paidMinor, currency)}</dd>
          </div>
        </>
      )}
    </dl>
  );
}
