import { expect, test } from "vitest";
import { forInput, usualTimes } from "./schedule";

const times = (now: Date) => Object.fromEntries(usualTimes(now).map(({ name, at }) => [name, forInput(at)]));

test("on a Wednesday morning", () => {
  expect(times(new Date(2026, 10, 25, 9, 30))).toEqual({
    laterToday: "2026-11-25T17:00",
    tomorrow: "2026-11-26T08:00",
    afternoon: "2026-11-26T13:00",
    monday: "2026-11-30T08:00",
  });
});

test("in the evening there is no later today; on Sunday Monday is tomorrow; on Monday it is the next one", () => {
  expect(times(new Date(2026, 10, 25, 16, 30))["laterToday"]).toBeUndefined();
  expect(times(new Date(2026, 10, 29, 9))["monday"]).toBeUndefined();
  expect(times(new Date(2026, 10, 30, 9))["monday"]).toBe("2026-12-07T08:00");
});
