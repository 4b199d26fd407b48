/** The keys of the mail screen, as people know them from Gmail. */
import * as m from "words";
import * as actions from "$/actions";
import * as commands from "$/commands";
import type { Shortcut } from "$/keys/keyboard";
import type { Role } from "$/jmap/types";
import { router } from "$/router.svelte";
import type { Place } from "$/routes";
import { STARRED } from "$/store/names";
import { cursor } from "$/store/cursor.svelte";
import { list } from "$/store/list.svelte";
import { selection } from "$/store/selection.svelte";
import { dialogs, type MailDialog } from "./dialogs.svelte";

function show(dialog: MailDialog): () => void {
  return () => {
    if (dialog === "help" || dialog === "jump" || dialog === "go" || selection.isAll || commands.meant().length > 0) dialogs.open = dialog;
  };
}

function goTo(place: Place): void {
  cursor.isAwaited = true;
  router.openPlace(place);
}

function folder(role: Role): () => void {
  return () => goTo({ kind: "folder", folder: role });
}

function back(): void {
  if (selection.count > 0) selection.clear();
  else if (commands.openThreadId() !== null) {
    router.closeThread();
    cursor.to(cursor.position);
  }
}

export const shortcuts: Shortcut[] = [
  { keys: "j", group: "move", label: m.keyNext, run: () => commands.go(1) },
  { keys: "k", group: "move", label: m.keyPrevious, run: () => commands.go(-1) },
  { keys: "o", group: "move", label: m.keyOpen, run: () => commands.open(cursor.position) },
  { keys: "u", group: "move", label: m.keyBack, run: back },
  { keys: "Escape", group: "move", label: m.keyBack, run: back },
  { keys: "x", group: "act", label: m.keyChoose, run: () => selection.toggle(cursor.position) },
  { keys: "* a", group: "act", label: m.chooseAllShown, run: () => selection.chooseShown() },
  { keys: "* n", group: "act", label: m.chooseNone, run: () => selection.clear() },
  { keys: "e", group: "act", label: m.archive, run: () => void commands.run("archive") },
  { keys: "#", group: "act", label: m.remove, run: () => void commands.run("trash") },
  { keys: "!", group: "act", label: m.markJunk, run: () => void commands.run(commands.currentFolder()?.role === "junk" ? "notJunk" : "junk") },
  { keys: "s", group: "act", label: m.starIt, run: () => void commands.toggleStar() },
  { keys: "l", group: "act", label: m.label, run: show("label") },
  { keys: "v", group: "act", label: m.move, run: show("move") },
  { keys: "Shift+i", group: "act", label: m.markRead, run: () => void commands.run("read") },
  { keys: "Shift+u", group: "act", label: m.markUnread, run: () => void commands.run("unread") },
  { keys: "z", group: "act", label: m.undo, run: () => void actions.undo() },
  { keys: "c", group: "write", label: m.compose, run: commands.composeNew },
  { keys: "r", group: "write", label: m.reply, run: () => commands.compose("reply") },
  { keys: "a", group: "write", label: m.replyAll, run: () => commands.compose("replyAll") },
  { keys: "f", group: "write", label: m.forward, run: () => commands.compose("forward") },
  { keys: "/", group: "go", label: m.search, run: () => document.getElementById("search")?.focus() },
  { keys: "g i", group: "go", label: m.inbox, run: folder("inbox") },
  { keys: "g s", group: "go", label: m.starredFolder, run: () => goTo(STARRED) },
  { keys: "g t", group: "go", label: m.sent, run: folder("sent") },
  { keys: "g d", group: "go", label: m.drafts, run: folder("drafts") },
  { keys: "g a", group: "go", label: m.archiveFolder, run: folder("archive") },
  { keys: "g f", group: "go", label: m.goTo, run: show("go") },
  { keys: "g l", group: "go", label: m.backToList, run: () => cursor.to(cursor.position) },
  { keys: "g o", group: "go", label: m.jumpToDate, run: show("jump") },
  { keys: "g h", group: "go", label: m.keyTop, run: () => list.total > 0 && cursor.to(0) },
  { keys: "?", group: "go", label: m.shortcuts, run: show("help") },
  { keys: ".", group: "act", label: m.moreActions, run: openMore },
];

/** The menu of what is chosen, or of the open conversation; wherever it is drawn. */
function openMore(): void {
  document.querySelector<HTMLElement>('[aria-haspopup="menu"][title*="(.)"]')?.click();
}
