/** What a key press is. */

/** The key code while an input method composes; browsers that do not say so otherwise. */
const COMPOSING = 229;

export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === COMPOSING;
}

export function isWriting(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches("textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit])");
}

/** How a key press is written: "e", "E" (with Shift), "Shift+i" for letters, "Control+Enter". */
export function keyNames(event: KeyboardEvent): string[] {
  const control = event.ctrlKey || event.metaKey ? "Control+" : "";
  const plain = control + event.key;
  const isLetter = /^\p{L}$/u.test(event.key);
  if (event.shiftKey && isLetter) return [`${control}Shift+${event.key.toLowerCase()}`];
  if (event.shiftKey && event.key.length > 1) return [`${control}Shift+${event.key}`];
  return [isLetter ? control + event.key.toLowerCase() : plain];
}
