/** Mail that is dragged from the list onto a folder. */
import * as m from "words";
import { moveTo } from "$/commands";
import type { EmailHead, Mailbox } from "$/jmap/types";
import { list } from "$/store/list.svelte";
import { selection } from "$/store/selection.svelte";

export const DRAG_TYPE = "application/x-bocau-mail";

let dragged: EmailHead[] = [];

/** A chosen row takes all chosen rows along. */
export function dragStarts(event: DragEvent, position: number): void {
  const id = list.idAt(position);
  if (id === undefined || event.dataTransfer === null) return;
  const isChosen = selection.has(id);
  dragged = isChosen && !selection.isAll ? selection.emails() : list.emailsOf(id);
  const count = isChosen ? selection.count : 1;
  event.dataTransfer.setData(DRAG_TYPE, String(count));
  event.dataTransfer.effectAllowed = "move";
  showCount(event.dataTransfer, m.conversationCount({ count }));
}

function showCount(transfer: DataTransfer, text: string): void {
  const image = document.createElement("div");
  image.className = "drag-image";
  image.textContent = text;
  document.body.append(image);
  transfer.setDragImage(image, -12, -12);
  // The browser has taken its picture of it by then.
  setTimeout(() => image.remove());
}

export function accepts(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes(DRAG_TYPE) === true;
}

export async function dropped(onto: Mailbox): Promise<void> {
  const what = dragged;
  dragged = [];
  await moveTo(onto, what);
}
