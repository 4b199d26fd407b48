/** Dates as people read them, in the language of now (vi: 24 hours, dd/MM/yyyy). */
import { isVietnamese, locale } from "./language.svelte";

const formats = new Map<string, Intl.DateTimeFormat>();

function format(date: Date, options: Intl.DateTimeFormatOptions): string {
  const key = locale() + JSON.stringify(options);
  let found = formats.get(key);
  if (found === undefined) formats.set(key, (found = new Intl.DateTimeFormat(locale(), options)));
  return found.format(date);
}

/** As short as it is clear: the time of today, the day of this year, else the whole date. */
export function shortDate(iso: string, now: Date = new Date()): string {
  const date = new Date(iso);
  if (date.toDateString() === now.toDateString()) return format(date, { hour: "2-digit", minute: "2-digit" });
  if (date.getFullYear() === now.getFullYear()) {
    if (!isVietnamese()) return format(date, { day: "numeric", month: "short" });
    // Intl writes 31-01 here, but 31/01/2026: one mark for both.
    return format(date, { day: "2-digit", month: "2-digit" }).replaceAll("-", "/");
  }
  return format(date, { day: "2-digit", month: "2-digit", year: "numeric" });
}

/** Of one message: the time of today, else the day and its time. */
export function dayAndTime(iso: string, now: Date = new Date()): string {
  const date = new Date(iso);
  const time = format(date, { timeStyle: "short" });
  if (date.toDateString() === now.toDateString()) return time;
  const year = date.getFullYear() === now.getFullYear() ? undefined : ("numeric" as const);
  return `${format(date, { weekday: "short", day: "numeric", month: "short", year })}, ${time}`;
}

/** Day and time in full; Intl has the time first in Vietnamese, where people write it last. */
export function longDate(iso: string): string {
  const date = new Date(iso);
  return `${format(date, { dateStyle: "full" })}, ${format(date, { timeStyle: "short" })}`;
}

/** A day without its time. */
export function dayDate(date: Date): string {
  return format(date, { dateStyle: "long" });
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];

export function sizeText(bytes: number): string {
  const power = Math.min(UNITS.length - 1, Math.floor(Math.log(Math.max(bytes, 1)) / Math.log(1024)));
  const options = { style: "unit", unit: UNITS[power] ?? "byte", unitDisplay: "short", maximumFractionDigits: power > 1 ? 1 : 0 } as const;
  return new Intl.NumberFormat(locale(), options).format(bytes / 1024 ** power);
}
