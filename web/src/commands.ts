/**
 * What a person asks for, by key, button, menu or by dragging; done to what is meant at that moment:
 *
 *     rows that are chosen → else the open conversation → else the row the keyboard is on
 */
import * as m from "words";
import * as actions from "$/actions";
import type { EmailHead, Mailbox, Patch } from "$/jmap/types";
import { layout } from "$/layout.svelte";
import { router } from "$/router.svelte";
import type { ComposeMode, Place } from "$/routes";
import { batches } from "$/store/batch.svelte";
import { cursor } from "$/store/cursor.svelte";
import { emails, isStarred, isUnread, step } from "$/store/emails.svelte";
import { list } from "$/store/list.svelte";
import { mailboxes } from "$/store/mailboxes.svelte";
import { folderName } from "$/store/names";
import { selection } from "$/store/selection.svelte";

export type Command = "archive" | "trash" | "junk" | "notJunk" | "read" | "unread" | "star" | "unstar";

/** The conversation that is open. */
export function openThreadId(): string | null {
  return router.route.screen === "mail" ? router.route.threadId : null;
}

/** The email that is open by itself; null: its whole conversation is. */
export function openEmailId(): string | null {
  return router.route.screen === "mail" ? router.route.emailId : null;
}

/** The emails that are meant. With everything chosen there is no list of them: `selection.isAll`. */
export function meant(): EmailHead[] {
  if (selection.count > 0) return selection.emails();
  const open = openThreadId();
  if (open !== null) return ofOpen(open, openEmailId());
  const id = list.idAt(cursor.position);
  return id === undefined ? [] : list.emailsOf(id);
}

function ofOpen(threadId: string, emailId: string | null): EmailHead[] {
  if (emailId !== null) return [emails.heads.get(emailId) ?? []].flat();
  const ids = emails.threads.get(threadId)?.emailIds;
  if (ids !== undefined) return ids.flatMap((id) => emails.heads.get(id) ?? []);
  return [...emails.heads.values()].filter((one) => one.threadId === threadId);
}

/** The folder that is shown; null in searches and labels, where mail leaves all its folders. */
export function currentFolder(place: Place = list.place): Mailbox | null {
  return place.kind === "folder" ? (mailboxes.find(place.folder) ?? null) : null;
}

export async function run(command: Command): Promise<void> {
  if (selection.isAll) return runOnAll(command);
  const what = meant();
  if (what.length === 0) return;
  const from = currentFolder();
  leave(command);
  switch (command) {
    case "archive":
      return actions.archive(what, from);
    case "trash":
      return actions.trash(what, from);
    case "junk":
      return actions.junk(what, from);
    case "notJunk":
      return actions.notJunk(what, from);
    case "read":
      return actions.markRead(what, true);
    case "unread":
      return actions.markRead(what, false);
    case "star":
      return actions.star(what.slice(-1), true);
    case "unstar":
      return actions.star(what, false);
  }
}

export async function moveTo(to: Mailbox, what: EmailHead[] = meant()): Promise<void> {
  if (selection.isAll) {
    await onAll({ update: movePatch(to) }, m.movedTo({ folder: folderName(to) }));
    return;
  }
  leave("archive");
  await actions.move(what, currentFolder(), to);
}

export async function setLabel(keyword: string, name: string, isSet: boolean): Promise<void> {
  if (selection.isAll) {
    await onAll({ update: { [`keywords/${step(keyword)}`]: isSet ? true : null } }, m.labelled({ name }));
    return;
  }
  await actions.label(meant(), keyword, isSet, name);
}

/** Trash and Junk are emptied for good. */
export async function emptyFolder(mailbox: Mailbox): Promise<void> {
  await batches.start({ inMailbox: mailbox.id }, [], { destroy: true }, m.emptied({ folder: folderName(mailbox) }));
}

export function toggleStar(what: EmailHead[] = meant()): Promise<void> {
  return what.some(isStarred) ? actions.star(what, false) : actions.star(what.slice(-1), true);
}

export function toggleRead(): Promise<void> {
  return run(meant().some(isUnread) ? "read" : "unread");
}

/** Answer or forward: the newest email of the open or chosen conversation that is no draft. */
export function compose(mode: ComposeMode): void {
  const email = meant().findLast((one) => !("$draft" in one.keywords));
  if (email !== undefined) router.compose({ mode, emailId: email.id });
}

export function composeNew(): void {
  router.compose({ to: "", cc: "", bcc: "", subject: "", body: "" });
}

/** Open the row at a position: a draft in the composer, everything else to read. */
export function open(position: number): void {
  const head = emails.heads.get(list.idAt(position) ?? "");
  if (head === undefined) return;
  cursor.rest(position);
  const isDraft = list.emailsOf(head.id).length === 1 && "$draft" in head.keywords;
  if (isDraft) router.compose({ draftId: head.id });
  else read(head, openThreadId() !== null);
}

/** A row opens what it stands for. */
function read(head: EmailHead, replace: boolean): void {
  router.openThread(list.place, head.threadId, list.isCollapsed ? null : head.id, replace);
}

/** To the next row (1) or the one before (-1); while reading, the conversation there is opened. */
export function go(by: 1 | -1): void {
  const to = Math.max(0, Math.min(cursor.position + by, list.total - 1));
  if (openThreadId() !== null) open(to);
  cursor.to(to);
}

/** A conversation that leaves the list is not open any more: the next one is, or the list. */
function leave(command: Command): void {
  const stays = command === "star" || command === "unstar" || command === "read";
  const opened = openThreadId();
  if (stays || selection.count > 0 || opened === null) {
    if (!stays) selection.clear();
    return;
  }
  const next = command === "unread" || layout.pane === "off" ? undefined : list.idAt(list.positionOfOpen(opened, openEmailId()) + 1);
  const head = next === undefined ? undefined : emails.heads.get(next);
  if (head === undefined) router.closeThread();
  else read(head, true);
}

async function runOnAll(command: Command): Promise<void> {
  switch (command) {
    case "archive":
      return onAll({ update: movePatch(await mailboxes.needed("archive", "Archive")) }, m.archived());
    case "trash":
      return onAll({ update: movePatch(await mailboxes.needed("trash", "Trash")) }, m.movedToTrash());
    case "junk":
      return onAll({ update: { ...movePatch(await mailboxes.needed("junk", "Junk")), "keywords/$junk": true } }, m.movedToJunk());
    case "notJunk": {
      const inbox = mailboxes.byRole("inbox");
      return inbox && onAll({ update: { ...movePatch(inbox), "keywords/$junk": null } }, m.notJunkDone());
    }
    case "read":
    case "unread":
      return onAll({ update: { "keywords/$seen": command === "read" ? true : null } }, command === "read" ? m.markedRead() : m.markedUnread());
    case "star":
    case "unstar":
      return onAll({ update: { "keywords/$flagged": command === "star" ? true : null } }, command === "star" ? m.starred() : m.unstarred());
  }
}

/** Out of the folder that is shown; from a search, into the new folder alone. */
function movePatch(to: Mailbox): Patch {
  const from = currentFolder();
  return from === null ? { mailboxIds: { [to.id]: true } } : { [`mailboxIds/${from.id}`]: null, [`mailboxIds/${to.id}`]: true };
}

async function onAll(change: { update: Patch }, said: string): Promise<void> {
  const { filter } = list;
  if (filter === null) return;
  const exclude = [...selection.ids].flatMap((id) => list.emailsOf(id)).map((one) => one.id);
  selection.clear();
  await batches.start(filter, exclude, change, said);
}
