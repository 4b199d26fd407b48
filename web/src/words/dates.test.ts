import { expect, test, vi } from "vitest";
import { dayAndTime, longDate } from "./dates";

// The language is chosen as the page begins; there is no page here.
vi.hoisted(() => {
  vi.stubGlobal("localStorage", { getItem: () => "en" });
  vi.stubGlobal("navigator", { languages: [] });
});

const NOW = new Date(2026, 10, 22, 17, 0);
const at = (year: number, month: number, day: number) => new Date(year, month - 1, day, 8, 5).toISOString();

test("one message says its time today, else its day and its time", () => {
  expect(dayAndTime(at(2026, 11, 22), NOW)).toBe("08:05");
  expect(dayAndTime(at(2026, 11, 20), NOW)).toMatch(/20.*, 08:05$/);
  expect(dayAndTime(at(2026, 11, 20), NOW)).not.toContain("2026");
  expect(dayAndTime(at(2025, 11, 20), NOW)).toContain("2025");
});

test("the time stands behind the day", () => {
  expect(longDate(at(2026, 11, 20))).toMatch(/2026, 08:05$/);
});
