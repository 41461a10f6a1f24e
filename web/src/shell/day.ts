/** isDay reports whether text is a day of the calendar, as YYYY-MM-DD. */
export function isDay(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  // 2026-02-31 parses as the third of March in some engines.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}
