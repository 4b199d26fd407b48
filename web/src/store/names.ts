/** What folders are called: those with a role have a name in each language. */
import * as m from "words";
import type { Mailbox } from "$/jmap/types";
import { preferences } from "$/preferences.svelte";
import { type Place, samePlace } from "$/routes";
import type { IconName } from "$/ui/icons";
import { mailboxes } from "./mailboxes.svelte";

const OF_ROLES: Partial<Record<string, () => string>> = {
  inbox: m.inbox, drafts: m.drafts, sent: m.sent, archive: m.archiveFolder, junk: m.junk, trash: m.trash,
};

export function folderName(mailbox: Mailbox): string {
  return OF_ROLES[mailbox.role ?? ""]?.() ?? mailbox.name;
}

export function folderIcon(mailbox: Mailbox): IconName {
  switch (mailbox.role) {
    case "inbox":
    case "archive":
    case "junk":
    case "trash":
      return mailbox.role;
    case "drafts":
      return "draft";
    case "sent":
      return "send";
    default:
      return "folder";
  }
}

/** What people look for in a folder of its own. */
export const STARRED: Place = { kind: "search", query: "is:starred" };

export function isStarredSearch(place: Place): boolean {
  return samePlace(place, STARRED);
}

/** What a list is called. */
export function placeName(place: Place): string {
  switch (place.kind) {
    case "folder": {
      const mailbox = mailboxes.find(place.folder);
      return mailbox === undefined ? (OF_ROLES[place.folder]?.() ?? "") : folderName(mailbox);
    }
    case "label":
      return preferences.values.labels[place.label]?.name ?? place.label;
    case "scheduled":
      return m.scheduled();
    case "search":
      return isStarredSearch(place) ? m.starredFolder() : m.searchResults();
  }
}
