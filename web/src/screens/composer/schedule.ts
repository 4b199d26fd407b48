/** Times that people choose when a message shall leave later. */

export type UsualTime = "laterToday" | "tomorrow" | "afternoon" | "monday";
const DAY_MS = 86_400_000;
const MORNING = 8;
const AFTERNOON = 13;

/** The times that lie ahead of `now`, in the person's own time zone. */
export function usualTimes(now: Date): { name: UsualTime; at: Date }[] {
  const evening = atHour(now, 0, 17);
  const monday = ((8 - now.getDay()) % 7 || 7) as number;
  const times: { name: UsualTime; at: Date }[] = [
    { name: "tomorrow", at: atHour(now, 1, MORNING) },
    { name: "afternoon", at: atHour(now, 1, AFTERNOON) },
  ];
  if (evening.getTime() - now.getTime() > 3_600_000) times.unshift({ name: "laterToday", at: evening });
  if (monday > 1) times.push({ name: "monday", at: atHour(now, monday, MORNING) });
  return times;
}

function atHour(now: Date, days: number, hour: number): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hour);
}

/** As <input type="datetime-local"> has it. */
export function forInput(at: Date): string {
  const two = (value: number) => String(value).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

export function daysAhead(at: Date): number {
  return (at.getTime() - Date.now()) / DAY_MS;
}
