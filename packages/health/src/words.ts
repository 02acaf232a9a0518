import { formatDuration } from '@seaworthy/contracts';

/** A length of time to the precision that a person wants: no seconds in hours, no minutes in days. */
export function inWords(ms: number): string {
  const stepMs = ms >= 86_400_000 ? 3_600_000 : ms >= 3_600_000 ? 60_000 : ms >= 1_000 ? 1_000 : 1;
  return formatDuration(Math.max(0, Math.round(ms / stepMs) * stepMs));
}
