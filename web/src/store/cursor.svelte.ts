/** The row that the keyboard is on. */
import { list } from "./list.svelte";

class Cursor {
  position = $state(0);
  /** A list was asked for by the keyboard: when it is there its first row takes the focus. */
  isAwaited = $state(false);
  /** Grows when the row is to be focused and brought on the screen. */
  asked = $state(0);

  to(position: number): void {
    this.position = Math.max(0, Math.min(position, list.total - 1));
    this.asked += 1;
  }

  /** Without moving the focus: a row was opened or clicked. */
  rest(position: number): void {
    this.position = Math.max(0, position);
  }
}

export const cursor = new Cursor();
