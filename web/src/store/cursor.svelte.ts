/** The row that the keyboard is on. */
import type { Id } from "$/jmap/types";
import { emails } from "./emails.svelte";
import { list } from "./list.svelte";

class Cursor {
  position = $state(0);
  /** A list was asked for by the keyboard: when it is there its first row takes the focus. */
  isAwaited = $state(false);
  /** Grows when the row is to be focused and brought on the screen. */
  asked = $state(0);
  /** Whether somebody has put it there: else it is on the first row, whatever that is. */
  isPut = false;
  #on: { id: Id; threadId: Id | undefined } | null = null;

  to(position: number): void {
    this.rest(Math.min(position, list.total - 1));
    this.asked += 1;
  }

  /** Without moving the focus: a row was opened or clicked. */
  rest(position: number): void {
    this.position = Math.max(0, position);
    this.isPut = true;
    const id = list.idAt(this.position);
    this.#on = id === undefined ? null : { id, threadId: emails.heads.get(id)?.threadId };
  }

  /** At the beginning of another list. */
  begin(): void {
    this.position = 0;
    this.isPut = false;
    this.#on = null;
  }

  /** Where the row is now that others may have come and gone; its own position when it is not there any more. */
  whereabouts(): number {
    if (this.#on === null) return this.position;
    const { id, threadId } = this.#on;
    const at = list.positionOf(id);
    const found = at < 0 && list.isCollapsed && threadId !== undefined ? list.positionOfOpen(threadId, null) : at;
    return found < 0 ? this.position : found;
  }
}

export const cursor = new Cursor();
