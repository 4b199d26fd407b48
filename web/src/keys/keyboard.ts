/**
 * Shortcuts: one key ("e", "?", "#", "Shift+i", "Escape", "Control+Enter") or two in a row ("g i").
 *
 * Letters are the character that was typed, so that they work on every keyboard layout. None is heard while text is
 * being written or composed by an input method ; WCAG 2.2 §2.1.4 asks that they can be switched off.
 */
import { preferences } from "$/preferences.svelte";
import { isComposing, isWriting, keyNames } from "./press";

export { isComposing, isWriting };

export interface Shortcut {
  keys: string;
  /** What it does, in the language of now; shown by the help. */
  label: () => string;
  group: "move" | "act" | "go" | "write";
  run: () => void;
  /** Heard in fields too (for keys with Control or Meta). */
  inFields?: boolean;
}

/** The second key of a pair must come within this time. */
const PAIR_MS = 1500;

/** What listens, the newest last: a dialog's shortcuts come before those of the screen beneath. */
const layers: Shortcut[][] = [];
let first = "";
let firstAt = 0;

/** Listen until the returned function is called. Made for `$effect(() => bind([...]))`. */
export function bind(shortcuts: Shortcut[]): () => void {
  layers.push(shortcuts);
  return () => {
    const index = layers.indexOf(shortcuts);
    if (index >= 0) layers.splice(index, 1);
  };
}

/** Everything that can be pressed now, for the help. */
export function allShortcuts(): Shortcut[] {
  return layers.flat();
}

/** Run the shortcut of a key press; for one listener on the window. */
export function heard(event: KeyboardEvent): void {
  if (event.defaultPrevented || isComposing(event) || event.altKey || document.querySelector("dialog[open]:not([data-keys])") !== null) return;
  const writing = isWriting(event.target);
  for (const name of keyNames(event)) {
    const found = lookUp(name, writing, event.timeStamp);
    if (found === undefined) continue;
    event.preventDefault();
    found.run();
    return;
  }
}

function lookUp(name: string, writing: boolean, at: number): Shortcut | undefined {
  const pair = first !== "" && at - firstAt < PAIR_MS ? `${first} ${name}` : "";
  first = name;
  firstAt = at;
  const found = (pair && find(pair, writing)) || find(name, writing);
  if (found !== undefined) first = "";
  return found || undefined;
}

function find(keys: string, writing: boolean): Shortcut | undefined {
  const known = layers.toReversed().flat();
  return known.find((one) => one.keys === keys && isAllowed(one, writing));
}

function isAllowed(shortcut: Shortcut, writing: boolean): boolean {
  if (writing) return shortcut.inFields === true;
  const isCharacter = /(^|\s)(Shift\+)?.$/u.test(shortcut.keys);
  return !isCharacter || preferences.values.shortcuts;
}
