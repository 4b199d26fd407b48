import { expect, test } from "vitest";
import { scrollTopAfter, scrollTopFor, windowOf } from "./window";

const view = { total: 100_000, rowHeight: 44, viewHeight: 700, scrollTop: 0 };

test("only the rows on the screen and a few beyond are drawn", () => {
  expect(windowOf(view)).toEqual({ canvasHeight: 4_400_000, first: 0, last: 19, top: 0, origin: 0 });
  const middle = windowOf({ ...view, scrollTop: 44 * 5000 });
  expect([middle.first, middle.top, middle.last]).toEqual([4996, 5000, 5019]);
});

test("the window ends with the list, however far it was scrolled", () => {
  expect(windowOf({ ...view, scrollTop: 9e9 }).last).toBe(99_999);
  expect(windowOf({ ...view, total: 0 }).last).toBe(-1);
});

test("a list higher than browsers allow is scrolled through to its last row", () => {
  const huge = { ...view, total: 2_000_000 };
  const end = windowOf({ ...huge, scrollTop: 17_000_000 - 700 });
  expect(end.last).toBe(1_999_999);
  // The last row's lower edge is the canvas's.
  expect(end.origin + 2_000_000 * 44).toBeCloseTo(17_000_000, 3);
});

test("bringing a row on the screen moves no more than needed", () => {
  expect(scrollTopFor(3, view)).toBe(0);
  expect(scrollTopFor(20, view)).toBe(21 * 44 - 700);
  expect(scrollTopFor(10, { ...view, scrollTop: 44 * 100 })).toBe(440);
  const huge = { ...view, total: 2_000_000 };
  const scrollTop = scrollTopFor(1_500_000, huge);
  const there = windowOf({ ...huge, scrollTop });
  expect(there.first).toBeLessThan(1_500_000);
  expect(there.last).toBeGreaterThan(1_500_000);
});

test("what comes before the rows on the screen leaves them where they are", () => {
  const before = { ...view, scrollTop: 44 * 100 + 7 };
  expect(scrollTopAfter(3, { ...before, total: view.total + 3 })).toBe(44 * 103 + 7);
  const huge = { ...view, total: 2_000_000, scrollTop: 9_000_000 };
  const after = { ...huge, scrollTop: scrollTopAfter(500, huge) };
  expect(Math.abs(windowOf(after).top - windowOf(huge).top - 500)).toBeLessThanOrEqual(1);
});
