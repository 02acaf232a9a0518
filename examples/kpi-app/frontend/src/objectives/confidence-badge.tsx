import { Badge, useFormats } from '@seaworthy-example/ui';

export interface ConfidenceBadgeProps {
  readonly confidence: number | null;
  /** Says what the figure is, where no heading does. @defaultValue false */
  readonly labelled?: boolean;
}

/** How sure the team is, out of ten; a dash before the first check-in. */
export function ConfidenceBadge({ confidence, labelled = false }: ConfidenceBadgeProps) {
  const { number } = useFormats();
  if (confidence === null) return <span className="muted">—</span>;
  const tone = confidence >= 7 ? 'good' : confidence >= 4 ? 'warn' : 'bad';
  return (
    <Badge tone={tone}>
      {labelled && 'Confidence '}
      {number(Math.round(confidence * 10) / 10)} of 10
    </Badge>
  );
}
