/**
 * A finger on the list: held still it chooses a row, pushed sideways it puts the row away.
 *
 *     down ── HOLD_MS ──→ chosen            moved up or down ──→ the browser scrolls (pointercancel)
 *       └── START_PX aside ──→ swipe ── up beyond ENOUGH_PX ──→ archive (→) or trash (←)
 *
 * All of it can be done with the row's box and the bar of what is chosen, too.
 */
import { currentFolder, openThreadId, run } from "$/commands";
import type { Role } from "$/jmap/types";
import { cursor } from "$/store/cursor.svelte";
import { list } from "$/store/list.svelte";
import { selection } from "$/store/selection.svelte";
import { positionOf } from "./grid";

export type Way = "archive" | "trash";

const HOLD_MS = 450;
const HOLD_FEEL_MS = 10;
const START_PX = 12;
const ENOUGH_PX = 96;
/** Where putting away means nothing, or something else. */
const STAYS: Record<Way, readonly (Role | null)[]> = {
  archive: ["archive", "trash", "junk", "sent", "drafts"],
  trash: ["trash"],
};

class Finger {
  /** The row that is being pushed, and what letting go of it does. */
  swipe = $state.raw<{ position: number; way: Way; isEnough: boolean } | null>(null);
  /** The last pointer was a finger. */
  isTouch = false;
  /** What it did is done: the click that follows means nothing. */
  isSpent = false;
  #row: HTMLElement | null = null;
  #start = { x: 0, y: 0 };
  #timer: ReturnType<typeof setTimeout> | undefined;

  down(event: PointerEvent): void {
    this.lift();
    this.isTouch = event.pointerType === "touch";
    this.isSpent = false;
    if (!this.isTouch || !event.isPrimary) return;
    this.#row = (event.target as Element).closest<HTMLElement>("[data-position]");
    this.#start = { x: event.clientX, y: event.clientY };
    if (this.#row !== null) this.#timer = setTimeout(() => this.#hold(), HOLD_MS);
  }

  move(event: PointerEvent): void {
    if (this.#row === null || !event.isPrimary || this.isSpent) return;
    const x = event.clientX - this.#start.x;
    if (this.swipe === null && !this.#begins(x, event.clientY - this.#start.y)) return;
    const way = x > 0 ? "archive" : "trash";
    if (!this.#may(way)) return this.#settle();
    this.swipe = { position: positionOf(this.#row), way, isEnough: Math.abs(x) >= ENOUGH_PX };
    this.#row.style.translate = `${x}px`;
  }

  up(): void {
    const { swipe } = this;
    this.isSpent ||= swipe !== null;
    this.lift();
    if (swipe?.isEnough !== true) return;
    cursor.rest(swipe.position);
    void run(swipe.way);
  }

  /** It goes, or the browser has it. */
  lift(): void {
    clearTimeout(this.#timer);
    this.#settle();
    this.#row = null;
  }

  #hold(): void {
    const position = positionOf(this.#row);
    this.lift();
    this.isSpent = true;
    if (position < 0) return;
    if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(HOLD_FEEL_MS);
    cursor.rest(position);
    selection.toggle(position);
  }

  #begins(x: number, y: number): boolean {
    if (Math.max(Math.abs(x), Math.abs(y)) < START_PX) return false;
    clearTimeout(this.#timer);
    return Math.abs(x) > Math.abs(y);
  }

  #may(way: Way): boolean {
    if (selection.count > 0 || openThreadId() !== null || list.place.kind === "scheduled") return false;
    return !STAYS[way].includes(currentFolder()?.role ?? null);
  }

  #settle(): void {
    this.swipe = null;
    if (this.#row !== null) this.#row.style.translate = "";
  }
}

export const finger = new Finger();
