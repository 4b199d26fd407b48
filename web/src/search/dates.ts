/** Days as people type them; the start of the day here. */

/** 2026-01-31 · 2026/1/31 · 31/1/2026 · 2026-01 · 2026 · 7d (seven days ago), 2w, 3m, 1y. Null: not understood. */
export function parseDate(text: string, now: Date = new Date()): Date | null {
  const ago = /^(\d{1,4})([dwmy])$/i.exec(text);
  if (ago !== null) return backFrom(now, Number(ago[1]), (ago[2] ?? "").toLowerCase());
  const year = /^(\d{4})(?:[-/.](\d{1,2}))?(?:[-/.](\d{1,2}))?$/.exec(text);
  if (year !== null) return day(Number(year[1]), Number(year[2] ?? 1), Number(year[3] ?? 1));
  const dayFirst = /^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})$/.exec(text);
  return dayFirst === null ? null : day(Number(dayFirst[3]), Number(dayFirst[2]), Number(dayFirst[1]));
}

function day(year: number, month: number, date: number): Date | null {
  const found = new Date(year, month - 1, date);
  return found.getMonth() === month - 1 && found.getDate() === date && year >= 1970 ? found : null;
}

function backFrom(now: Date, count: number, unit: string): Date {
  const [year, month, date] = [now.getFullYear(), now.getMonth(), now.getDate()];
  switch (unit) {
    case "d":
      return new Date(year, month, date - count);
    case "w":
      return new Date(year, month, date - 7 * count);
    case "m":
      return new Date(year, month - count, date);
    default:
      return new Date(year - count, month, date);
  }
}
