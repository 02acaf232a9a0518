import type { TrendPoint } from '@seaworthy-example/kpi-api';
import { ChartFigure, useFormats } from '@seaworthy-example/ui';
import { Area, AreaChart, CartesianGrid, Tooltip, XAxis, YAxis } from 'recharts';
import { TrendTip } from './trend-tip.js';

export function TrendChart({ trend }: { readonly trend: readonly TrendPoint[] }) {
  const { dayMonth, percent } = useFormats();
  const first = trend[0];
  const last = trend.at(-1);
  const summary =
    first === undefined || last === undefined
      ? 'No progress was recorded yet.'
      : `Mean progress went from ${percent(first.progress)} in the week of ${dayMonth(first.week)} to ${percent(last.progress)} in the week of ${dayMonth(last.week)}.`;
  return (
    <ChartFigure
      summary={summary}
      headers={['Week of', 'Progress']}
      rows={trend.map(({ week, progress }) => [dayMonth(week), percent(progress)])}
    >
      <AreaChart
        responsive
        className="fill"
        data={[...trend]}
        margin={{ top: 8, right: 8, bottom: 0, left: -12 }}
        accessibilityLayer={false}
      >
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis dataKey="week" tickFormatter={dayMonth} tickLine={false} axisLine={false} minTickGap={28} />
        <YAxis
          domain={[0, 1]}
          ticks={[0, 0.25, 0.5, 0.75, 1]}
          tickFormatter={percent}
          tickLine={false}
          axisLine={false}
        />
        <Tooltip content={TrendTip} cursor={{ stroke: 'var(--line-strong)' }} />
        <Area
          dataKey="progress"
          type="monotone"
          stroke="var(--chart-1)"
          strokeWidth={2.5}
          fill="var(--chart-1)"
          fillOpacity={0.14}
          isAnimationActive={false}
        />
      </AreaChart>
    </ChartFigure>
  );
}
