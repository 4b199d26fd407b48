import { beforeAll, expect, test, vi } from "vitest";
import type { Address, Boot } from "$/jmap/types";
import { session } from "$/session.svelte";
import { hasOthers } from "./people";

// The language is chosen as the page begins; there is no page here.
vi.hoisted(() => vi.stubGlobal("localStorage", { getItem: () => "en" }));

const who = (...names: string[]): Address[] => names.map((name) => ({ name, email: `${name}@mail.test` }));

beforeAll(() => session.begin({ session: { username: "Me@mail.test" } } as Boot));

test.each([
  ["only to me", who("lan"), who("me"), [], false],
  ["to me and its own author", who("lan"), who("me", "lan"), [], false],
  ["a copy to another", who("lan"), who("me"), who("binh"), true],
  ["mine, to one", who("me"), who("lan"), [], false],
  ["mine, to two", who("me"), who("lan", "binh"), [], true],
])("an answer to all: %s", (_, from, to, cc, expected) => {
  expect(hasOthers({ from, to, cc })).toBe(expected);
});
