import { expect, test } from "vitest";
import table from "../../../../src/bocau/directory/tests/passwords.json";
import { levelOf, namesOf, weaknessOf } from "./strength";

const names = namesOf([table.names]);

test.each(Object.entries(table.refused).flatMap(([why, all]) => all.map((one) => [one, why])))("%s is refused as by the server", (password, why) => {
  expect(weaknessOf(password, names)).toBe([...password].length < 8 ? "SHORT" : why);
  expect(levelOf(password, names)).toBe(0);
});

test.each(table.taken)("%s is taken as by the server", (password) => {
  expect(weaknessOf(password, names)).toBeNull();
});

test.each([
  ["correct horse", 1],
  ["lan.tran loves", 1],
  ["bốn mùa tre xanh", 2],
  ["x7k2m9q4", 2],
  ["we8350174926", 2],
  ["Xk9$mQ2!vB7p", 3],
  ["ba con mèo ngủ trên mái ngói", 4],
  ["correct horse battery staple", 4],
])("%s", (password, level) => expect(levelOf(password, names)).toBe(level));

test("characters are counted, not their halves", () => {
  expect(weaknessOf("😀😃😄😁", names)).toBe("SHORT");
});
