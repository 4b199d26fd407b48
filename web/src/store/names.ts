/** What folders are called: those with a role have a name in each language. */
import * as m from "words";
import type { Mailbox } from "$/jmap/types";
import type { IconName } from "$/ui/icons";

export function folderName(mailbox: Mailbox): string {
  switch (mailbox.role) {
    case "inbox":
      return m.inbox();
    case "drafts":
      return m.drafts();
    case "sent":
      return m.sent();
    case "archive":
      return m.archiveFolder();
    case "junk":
      return m.junk();
    case "trash":
      return m.trash();
    default:
      return mailbox.name;
  }
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
