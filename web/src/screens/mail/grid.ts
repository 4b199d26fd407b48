/** Mouse and keyboard in the list of messages. */
import { go, open, openThreadId, toggleStar } from "$/commands";
import { isComposing } from "$/keys/press";
import { cursor } from "$/store/cursor.svelte";
import { list } from "$/store/list.svelte";
import { selection } from "$/store/selection.svelte";

export function positionOf(target: EventTarget | null): number {
  const row = target instanceof Element ? target.closest<HTMLElement>("[data-position]") : null;
  return row === null ? -1 : Number(row.dataset["position"]);
}

/**
 * Plain: open. Control: choose one more. Shift: choose the stretch. On the box or the star: what they are for.
 * By touch: who has begun to choose goes on choosing.
 */
export function clicked(event: MouseEvent, byTouch: boolean): void {
  const position = positionOf(event.target);
  if (position < 0) return;
  const act = (event.target as Element).closest<HTMLElement>("[data-act]")?.dataset["act"];
  cursor.rest(position);
  if (event.shiftKey) void selection.extend(position);
  else if (act === "pick" || event.ctrlKey || event.metaKey) selection.toggle(position);
  else if (act === "star") starAt(position);
  else if (byTouch && selection.count > 0) selection.toggle(position);
  else open(position);
}

function starAt(position: number): void {
  const id = list.idAt(position);
  if (id !== undefined) void toggleStar(list.emailsOf(id));
}

/** The keys of a grid (ARIA Authoring Practices); letters are shortcuts of the screen. */
export function pressed(event: KeyboardEvent, page: number): void {
  if (isComposing(event) || event.altKey || event.ctrlKey || event.metaKey) return;
  const to = destination(event.key, page);
  if (to !== null) {
    if (event.shiftKey) selectAlong(cursor.position, to);
    if (openThreadId() !== null && Math.abs(to - cursor.position) === 1) go(to > cursor.position ? 1 : -1);
    else cursor.to(to);
  } else if (event.key === "Enter") open(cursor.position);
  else if (event.key === " ") selection.toggle(cursor.position);
  else return;
  event.preventDefault();
}

function selectAlong(from: number, to: number): void {
  if (selection.count === 0) selection.toggle(from);
  void selection.extend(to);
}

function destination(key: string, page: number): number | null {
  switch (key) {
    case "ArrowDown":
      return cursor.position + 1;
    case "ArrowUp":
      return cursor.position - 1;
    case "PageDown":
      return cursor.position + page;
    case "PageUp":
      return cursor.position - page;
    case "Home":
      return 0;
    case "End":
      return list.total - 1;
    default:
      return null;
  }
}
