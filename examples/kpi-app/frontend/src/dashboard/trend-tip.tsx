import { useFormats } from '@seaworthy-example/ui';
import type { TooltipContentProps } from 'recharts';

/** What stands beside the pointer. */
export function TrendTip({ active, payload, label }: TooltipContentProps) {
  const { dayMonth, percent } = useFormats();
  const value: unknown = payload[0]?.value;
  if (!active || typeof value !== 'number') return null;
  return (
    <div className="chart-tip">
      Week of {dayMonth(String(label))}: <strong>{percent(value)}</strong>
    </div>
  );
}
