/**
 * What can be done with emails: at once on the screen, then on the server, and undone by a toast's button or `z`.
 *
 * An action takes emails (`EmailHead[]`): `emails.ofThread(id)` has those of a conversation. Moves out of a folder
 * concern the emails that lie in it, so that an answer in Sent stays there when its conversation is archived.
 */
import * as m from "words";
import { LoggedOut, NotSet } from "$/jmap/errors";
import type { EmailHead, Id, Mailbox, Patch } from "$/jmap/types";
import { problem } from "$/problem";
import { emailChanges } from "$/store/changes";
import { emails, step } from "$/store/emails.svelte";
import { list } from "$/store/list.svelte";
import { mailboxes } from "$/store/mailboxes.svelte";
import { folderName } from "$/store/names";
import { sync } from "$/store/sync.svelte";
import { announcer } from "$/ui/announcer.svelte";
import { toasts } from "$/ui/toasts.svelte";

export type Patches = Map<Id, Patch>;

const UPDATES_MAX = 500;
const UNDO_STACK_MAX = 20;

interface Done {
  inverse: Patches;
  toast: number;
}

const undoable: Done[] = [];

export async function markRead(what: EmailHead[], isRead: boolean): Promise<void> {
  await setKeyword(what, "$seen", isRead, isRead ? m.markedRead() : m.markedUnread());
}

/** Without a word and without undo: a message that is opened. */
export async function markOpened(what: EmailHead[]): Promise<void> {
  const unread = what.filter((one) => !("$seen" in one.keywords));
  if (unread.length > 0) await perform(new Map(unread.map((one) => [one.id, { "keywords/$seen": true }])), null);
}

export async function star(what: EmailHead[], isStarred: boolean): Promise<void> {
  await setKeyword(what, "$flagged", isStarred, isStarred ? m.starred() : m.unstarred());
}

/** A label is a keyword. */
export async function label(what: EmailHead[], keyword: string, isSet: boolean, name: string): Promise<void> {
  await setKeyword(what, keyword, isSet, isSet ? m.labelled({ name }) : m.unlabelled({ name }));
}

async function setKeyword(what: EmailHead[], keyword: string, isSet: boolean, said: string): Promise<void> {
  const concerned = what.filter((one) => keyword in one.keywords !== isSet);
  const patch = { [`keywords/${step(keyword)}`]: isSet ? true : null };
  await perform(new Map(concerned.map((one) => [one.id, patch])), said);
}

/** `from`: the folder that they leave; null: all their folders. */
export async function archive(what: EmailHead[], from: Mailbox | null): Promise<void> {
  await moveTo(what, from, () => mailboxes.needed("archive", "Archive"), () => m.archived());
}

export async function trash(what: EmailHead[], from: Mailbox | null): Promise<void> {
  await moveTo(what, from, () => mailboxes.needed("trash", "Trash"), () => m.movedToTrash());
}

/** The server's filter learns from the keywords. */
export async function junk(what: EmailHead[], from: Mailbox | null): Promise<void> {
  const keywords = { "keywords/$junk": true, "keywords/$notjunk": null };
  await moveTo(what, from, () => mailboxes.needed("junk", "Junk"), () => m.movedToJunk(), keywords);
}

export async function notJunk(what: EmailHead[], from: Mailbox | null): Promise<void> {
  const keywords = { "keywords/$junk": null, "keywords/$notjunk": true };
  await moveTo(what, from, inbox, () => m.notJunkDone(), keywords);
}

export async function move(what: EmailHead[], from: Mailbox | null, to: Mailbox): Promise<void> {
  await moveTo(what, from, async () => to, () => m.movedTo({ folder: folderName(to) }));
}

/** For good; only what lies in Trash or Junk, after a question. */
export async function destroy(what: EmailHead[]): Promise<void> {
  const ids = what.map((one) => one.id);
  const restore = list.snapshot();
  list.remove(ids);
  await guarded(async () => {
    for (const portion of portions(ids)) await save({ destroy: portion });
    emails.forget(ids);
    toasts.add(m.deletedForGood({ count: ids.length }));
  }, restore);
}

async function inbox(): Promise<Mailbox> {
  const found = mailboxes.byRole("inbox");
  if (found === undefined) throw new Error("no inbox");
  return found;
}

async function moveTo(
  what: EmailHead[],
  from: Mailbox | null,
  target: () => Promise<Mailbox>,
  said: () => string,
  more: Patch = {},
): Promise<void> {
  await guarded(async () => {
    const to = await target();
    const concerned = what.filter((one) => (from === null || from.id in one.mailboxIds) && !isOnlyIn(one, to));
    await perform(new Map(concerned.map((one) => [one.id, { ...movePatch(one, from, to), ...more }])), said());
  });
}

function isOnlyIn(head: EmailHead, mailbox: Mailbox): boolean {
  return mailbox.id in head.mailboxIds && Object.keys(head.mailboxIds).length === 1;
}

/** Out of one folder, or of all, and into another. */
function movePatch(head: EmailHead, from: Mailbox | null, to: Mailbox): Patch {
  const left = from === null ? Object.keys(head.mailboxIds) : [from.id];
  const patch: Patch = Object.fromEntries(left.map((id) => [`mailboxIds/${id}`, null]));
  return { ...patch, [`mailboxIds/${to.id}`]: true };
}

/** Carry patches out. `said`: what the toast with Undo says; null: nothing, and no undo. */
export async function perform(patches: Patches, said: string | null): Promise<void> {
  if (patches.size === 0) return;
  const restore = list.snapshot();
  const inverse = apply(patches);
  const done = said === null ? null : offerUndo(inverse, said);
  await guarded(
    () => saveAll(patches),
    () => {
      apply(inverse);
      restore();
      if (done !== null) forget(done);
    },
  );
}

function apply(patches: Patches): Patches {
  const inverse: Patches = new Map();
  for (const [id, patch] of patches) {
    const before = emails.heads.get(id);
    inverse.set(id, emails.patch(id, patch));
    const after = emails.heads.get(id);
    if (before !== undefined && after !== undefined) mailboxes.recount(before, after);
  }
  list.settle([...patches.keys()]);
  return inverse;
}

function offerUndo(inverse: Patches, said: string): Done {
  const toast = toasts.add(said, { action: { label: m.undo(), run: () => void undo(done) } });
  announcer.say(said);
  const done = { inverse, toast };
  undoable.push(done);
  if (undoable.length > UNDO_STACK_MAX) undoable.shift();
  return done;
}

/** It did not happen, or was taken back. */
function forget(done: Done): void {
  const index = undoable.indexOf(done);
  if (index >= 0) undoable.splice(index, 1);
  toasts.close(done.toast);
}

/** Take an action back; without one named, the last. */
export async function undo(which: Done | undefined = undoable.at(-1)): Promise<void> {
  if (which === undefined) return;
  forget(which);
  const again = apply(which.inverse);
  await guarded(
    () => saveAll(which.inverse),
    () => apply(again),
  );
  announcer.say(m.undone());
  // Its rows come back at once; the rest may wait for its turn.
  void list.refresh();
  sync.refresh("Email", "Mailbox");
}

async function saveAll(patches: Patches): Promise<void> {
  for (const portion of portions([...patches])) await save({ update: Object.fromEntries(portion) });
}

function portions<T>(all: T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / UPDATES_MAX) }, (_, index) =>
    all.slice(index * UPDATES_MAX, (index + 1) * UPDATES_MAX),
  );
}

async function save(args: Record<string, unknown>): Promise<void> {
  await sync.change(async () => {
    const { oldState, newState, notUpdated, notDestroyed } = await emailChanges.set(args);
    if (oldState === sync.state("Email")) sync.knows("Email", newState);
    const failed = Object.values({ ...notUpdated, ...notDestroyed })[0];
    if (failed !== undefined) throw new NotSet(failed);
  });
  sync.refresh("Email", "Mailbox");
}

/** Say what went wrong, take back what the screen shows already. */
async function guarded(work: () => Promise<void>, takeBack: () => void = () => undefined): Promise<void> {
  try {
    await work();
  } catch (error) {
    takeBack();
    sync.refresh("Email", "Mailbox");
    // The login that comes up says enough.
    if (!(error instanceof LoggedOut)) toasts.add(problem(error), { kind: "problem" });
  }
}
