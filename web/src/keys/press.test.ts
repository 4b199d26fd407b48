import { expect, test } from "vitest";
import { isComposing, keyNames } from "./press";

function press(key: string, more: Partial<KeyboardEvent> = {}): KeyboardEvent {
  return { key, ctrlKey: false, metaKey: false, shiftKey: false, isComposing: false, keyCode: 0, ...more } as KeyboardEvent;
}

test("a key goes by what it types, with Shift said of letters alone", () => {
  expect(keyNames(press("e"))).toEqual(["e"]);
  expect(keyNames(press("I", { shiftKey: true }))).toEqual(["Shift+i"]);
  expect(keyNames(press("#", { shiftKey: true }))).toEqual(["#"]);
  expect(keyNames(press("E"))).toEqual(["e"]);
  expect(keyNames(press("Enter", { ctrlKey: true }))).toEqual(["Control+Enter"]);
  expect(keyNames(press("k", { metaKey: true }))).toEqual(["Control+k"]);
});

test("while an input method composes, a key is part of a letter", () => {
  expect(isComposing(press("e", { isComposing: true }))).toBe(true);
  expect(isComposing(press("Process", { keyCode: 229 }))).toBe(true);
  expect(isComposing(press("e"))).toBe(false);
});
