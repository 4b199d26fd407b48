/** The live region: what a screen reader says without the focus moving. */

class Announcer {
  text = $state("");

  say(text: string): void {
    // The same words twice are said twice only when they differ.
    this.text = text === this.text ? `${text}\u00a0` : text;
  }
}

export const announcer = new Announcer();
