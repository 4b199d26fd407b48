/** The live region: what a screen reader says without the focus moving. */
import { untrack } from "svelte";

class Announcer {
  text = $state("");

  say(text: string): void {
    // The same words twice are said twice only when they differ. An effect that says something does not hear itself.
    this.text = text === untrack(() => this.text) ? `${text}\u00a0` : text;
  }
}

export const announcer = new Announcer();
