export type Period = 'hourly' | 'daily' | 'weekly' | 'monthly' | 'yearly';

/** From the shortest to the longest. */
export const periods: readonly Period[] = ['hourly', 'daily', 'weekly', 'monthly', 'yearly'];

const dayMs = 86_400_000;

/** The hour, day, ISO week, month or year of a moment in UTC, as text that sorts: `2026-11-22T05`, `2026-W47`. */
export function calendarPeriod(period: Period, at: number): string {
  const iso = new Date(at).toISOString();
  switch (period) {
    case 'hourly':
      return iso.slice(0, 13);
    case 'daily':
      return iso.slice(0, 10);
    case 'weekly':
      return isoWeek(at);
    case 'monthly':
      return iso.slice(0, 7);
    case 'yearly':
      return iso.slice(0, 4);
  }
}

/** ISO 8601: a week belongs to the year that has its Thursday. */
function isoWeek(at: number): string {
  const date = new Date(at);
  const thursday = new Date(at + (4 - (date.getUTCDay() || 7)) * dayMs);
  const year = thursday.getUTCFullYear();
  const week = 1 + Math.floor((thursday.getTime() - Date.UTC(year, 0, 1)) / (7 * dayMs));
  return `${year}-W${String(week).padStart(2, '0')}`;
}
