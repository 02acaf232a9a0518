/** The reader's calendar day as YYYY-MM-DD, moved by `days`. */
export function today(days = 0, now = new Date()): string {
  const day = new Date(Date.UTC(now.getFullYear(), now.getMonth(), now.getDate() + days));
  return day.toISOString().slice(0, 10);
}
