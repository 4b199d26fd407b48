import { expect, test } from "vitest";
import { Stretches } from "./stretches";

/** Known at 0 to 4 and at 50 to 52, of a hundred. */
function list(): Stretches {
  const made = new Stretches();
  made.put(0, ["a", "b", "c", "d", "e"], 100);
  made.put(50, ["x", "y", "z"], 100);
  return made;
}

test("what is new moves all rows that come after it", () => {
  const rows = list();
  expect(rows.apply({ removed: ["new"], added: [{ id: "new", index: 0 }, { id: "late", index: 51 }], total: 102 })).toBe(true);
  expect(rows.between(0, 5)).toEqual(["new", "a", "b", "c", "d", "e"]);
  expect(["x", "y", "z"].map((id) => rows.positionOf(id))).toEqual([52, 53, 54]);
  expect(rows.positionOf("late")).toBe(51);
  expect(rows.length).toBe(102);
});

test("a known conversation that gets an answer goes to the top and leaves no hole", () => {
  const rows = list();
  expect(rows.apply({ removed: ["c", "c2"], added: [{ id: "c2", index: 0 }], total: 100 })).toBe(true);
  expect(rows.between(0, 4)).toEqual(["c2", "a", "b", "d", "e"]);
  expect(rows.positionOf("x")).toBe(50);
});

test("when what left was not known, only rows before the first gap are sure", () => {
  const rows = list();
  expect(rows.apply({ removed: ["far", "far2"], added: [{ id: "far2", index: 0 }], total: 100 })).toBe(false);
  expect(rows.between(0, 99)).toEqual(["far2", "a", "b", "c", "d", "e"]);
  expect(rows.isKnown(0, 5)).toBe(true);
  expect(rows.isKnown(0, 6)).toBe(false);
});

test("one's own changes are not counted twice when the server tells them", () => {
  const rows = list();
  rows.remove(["b"]);
  rows.replace(rows.positionOf("d"), "d1");
  expect([rows.length, rows.positionOf("x")]).toEqual([99, 49]);
  const told = { removed: ["b", "d", "d1"], added: [{ id: "d1", index: 2 }], total: 99 };
  expect(rows.apply(told)).toBe(true);
  expect(rows.between(0, 98)).toEqual(["a", "c", "d1", "e", "x", "y", "z"]);
  expect(rows.positionOf("x")).toBe(49);
});

test("what was taken back is where it was", () => {
  const rows = list();
  const back = rows.snapshot();
  rows.remove(["a", "x"]);
  back();
  expect(rows.positionOf("y")).toBe(51);
  expect(rows.apply({ removed: ["a"], added: [], total: 99 })).toBe(true);
});

/** Any two states of a list, and what is known of the first: what is told of the second is true. */
test("no row stands where it does not belong, whatever has changed", () => {
  let seed = 7;
  const chance = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  for (let round = 0; round < 500; round += 1) {
    const before = Array.from({ length: 30 }, (_, index) => `m${index}`);
    const removed = before.filter(() => chance(8) === 0);
    const after = before.filter((id) => !removed.includes(id));
    const added = Array.from({ length: chance(4) }, (_, index) => (chance(2) === 0 ? removed[index] : undefined) ?? `n${index}`);
    for (const id of added) after.splice(chance(after.length + 1), 0, id);
    const rows = new Stretches();
    for (let at = 0; at < 30; at += 5) if (at === 0 || chance(2) === 0) rows.put(at, before.slice(at, at + 5), 30);
    const told = { removed: [...new Set([...removed, ...added])], added: added.map((id) => ({ id, index: after.indexOf(id) })), total: after.length };
    told.added.sort((one, other) => one.index - other.index);
    rows.apply(told);
    for (const [position, id] of rows.entries()) expect(after[position]).toBe(id);
    expect(rows.length).toBe(after.length);
  }
});
