import type { MonthTotals } from '@seaworthy-example/crm-api';
import { ChartFigure, useFormats } from '@seaworthy-example/ui';
import { Bar, BarChart, CartesianGrid, Tooltip, XAxis, YAxis } from 'recharts';
import { MonthTip } from './month-tip.js';

export interface MonthsChartProps {
  readonly months: readonly MonthTotals[];
  readonly currency: string;
}

export function MonthsChart({ months, currency }: MonthsChartProps) {
  const { money, moneyShort, month, monthShort } = useFormats();
  const sum = (pick: (totals: MonthTotals) => number) =>
    money(
      months.reduce((all, one) => all + pick(one), 0),
      currency,
    );
  const invoiced = sum(({ invoicedMinor }) => invoicedMinor);
  const received = sum(({ receivedMinor }) => receivedMinor);
  return (
    <>
      <ul className="legend" aria-hidden="true">
        <li className="legend-first">Invoiced</li>
        <li className="legend-second">Received</li>
      </ul>
      <ChartFigure
        summary={`In twelve months ${invoiced} were invoiced and ${received} were received.`}
        headers={['Month', 'Invoiced', 'Received']}
        rows={months.map((one) => [
          month(one.month),
          money(one.invoicedMinor, currency),
          money(one.receivedMinor, currency),
        ])}
      >
        <BarChart
          responsive
          className="fill"
          data={[...months]}
          margin={{ top: 8, right: 0, bottom: 0, left: 0 }}
          barGap={2}
          accessibilityLayer={false}
        >
          <CartesianGrid vertical={false} stroke="var(--line)" />
          <XAxis
            dataKey="month"
            tickFormatter={monthShort}
            tickLine={false}
            axisLine={false}
            minTickGap={4}
          />
          <YAxis
            tickFormatter={(minor: number) => moneyShort(minor, currency)}
            tickLine={false}
            axisLine={false}
            width={52}
          />
          <Tooltip
            content={(tip) => <MonthTip {...tip} currency={currency} />}
            cursor={{ fill: 'var(--ink)', fillOpacity: 0.05 }}
          />
          <Bar
            dataKey="invoicedMinor"
            fill="var(--chart-1)"
            radius={[2, 2, 0, 0]}
            isAnimationActive={false}
          />
          <Bar
            dataKey="receivedMinor"
            fill="var(--chart-2)"
            radius={[2, 2, 0, 0]}
            isAnimationActive={false}
          />
        </BarChart>
      </ChartFigure>
    </>
  );
}
