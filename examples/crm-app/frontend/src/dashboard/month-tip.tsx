import { useFormats } from '@seaworthy-example/ui';
import type { TooltipContentProps } from 'recharts';

/** What stands beside the pointer. */
export function MonthTip({
  active,
  payload,
  label,
  currency,
}: TooltipContentProps & { readonly currency: string }) {
  const { money, month } = useFormats();
  const [invoiced, received]: unknown[] = payload.map(({ value }) => value);
  if (!active || typeof invoiced !== 'number' || typeof received !== 'number') return null;
  return (
    <div className="chart-tip">
      <strong>{month(String(label))}</strong>
      <p>Invoiced {money(invoiced, currency)}</p>
      <p>Received {money(received, currency)}</p>
    </div>
  );
}
