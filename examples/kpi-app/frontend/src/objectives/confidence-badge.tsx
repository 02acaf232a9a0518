import { Badge, useFormats } from '@seaworthy-example/ui';

/** How sure the team is, out of ten; a dash before the first check-in. */
export function ConfidenceBadge({ confidence }: { readonly confidence: number | null }) {
  const { number } = useFormats();
  if (confidence === null) return <span className="muted">—</span>;
  const tone = confidence >= 7 ? 'good' : confidence >= 4 ? 'warn' : 'bad';
  return <Badge tone={tone}>{number(Math.round(confidence * 10) / 10)} of 10</Badge>;
}
