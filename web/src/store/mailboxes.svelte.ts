/** The account's folders. */
import { call } from "$/jmap/client";
import type { EmailHead, GetResponse, Id, Mailbox, Role } from "$/jmap/types";
import { isUnread } from "./emails.svelte";
import { folderName } from "./names";

export interface Branch {
  mailbox: Mailbox;
  depth: number;
  children: Branch[];
}

/** Special folders come first, in this order. */
const ROLES: Role[] = ["inbox", "drafts", "sent", "archive", "junk", "trash"];

class MailboxStore {
  all = $state.raw<Map<Id, Mailbox>>(new Map());
  state = "";
  readonly tree = $derived(grown([...this.all.values()]));

  take(answer: GetResponse<Mailbox>): void {
    this.all = new Map(answer.list.map((one) => [one.id, one]));
    this.state = answer.state;
  }

  async load(): Promise<void> {
    this.take(await call<GetResponse<Mailbox>>("Mailbox/get", { ids: null }));
  }

  byRole(role: Role): Mailbox | undefined {
    return [...this.all.values()].find((one) => one.role === role);
  }

  /** By the word of a route: a role, or an id. */
  find(folder: string): Mailbox | undefined {
    return this.byRole(folder as Role) ?? this.all.get(folder);
  }

  /** By what a person calls it: its role, or its name here or on the server, whatever the case. */
  named(name: string): Mailbox | undefined {
    const wanted = folded(name);
    const all = [...this.all.values()];
    return all.find((one) => one.role === wanted) ?? all.find((one) => folded(one.name) === wanted || folded(folderName(one)) === wanted);
  }

  /** The word for it in a route. */
  wordFor(mailbox: Mailbox): string {
    return mailbox.role ?? mailbox.id;
  }

  /** The folder of that role; it is made when the account has none, so that nothing is lost for want of it. */
  async needed(role: "archive" | "junk" | "trash", name: string): Promise<Mailbox> {
    const found = this.byRole(role);
    if (found !== undefined) return found;
    await call("Mailbox/set", { create: { made: { name, role } } });
    await this.load();
    const made = this.byRole(role);
    if (made === undefined) throw new Error(`no folder for ${role}`);
    return made;
  }

  /** Count at once what a change of an email does to its folders; the server's own counts follow. */
  recount(before: EmailHead, after: EmailHead): void {
    const changed = new Map(this.all);
    for (const [head, by] of [[before, -1], [after, 1]] as const) {
      for (const id of Object.keys(head.mailboxIds)) {
        const mailbox = changed.get(id);
        if (mailbox !== undefined) changed.set(id, counted(mailbox, isUnread(head) ? by : 0, by));
      }
    }
    this.all = changed;
  }
}

/** Names are compared without case, accents and the spaces that a search cannot hold. */
function folded(name: string): string {
  return name.normalize("NFD").replace(/[\p{M}\s_-]/gu, "").replaceAll(/[đĐ]/g, "d").toLowerCase();
}

function counted(mailbox: Mailbox, unread: number, all: number): Mailbox {
  return {
    ...mailbox,
    totalEmails: Math.max(0, mailbox.totalEmails + all),
    unreadEmails: Math.max(0, mailbox.unreadEmails + unread),
    unreadThreads: Math.max(0, mailbox.unreadThreads + unread),
  };
}

/** Folders as a tree: those with a role first, then by sortOrder and name. */
export function grown(mailboxes: Mailbox[]): Branch[] {
  const byParent = Map.groupBy(mailboxes, (one) => one.parentId);
  const known = new Set(mailboxes.map((one) => one.id));
  const roots = mailboxes.filter((one) => one.parentId === null || !known.has(one.parentId));
  const branch = (mailbox: Mailbox, depth: number): Branch => ({
    mailbox,
    depth,
    children: (byParent.get(mailbox.id) ?? []).sort(inOrder).map((child) => branch(child, depth + 1)),
  });
  return roots.sort(inOrder).map((one) => branch(one, 0));
}

function inOrder(one: Mailbox, other: Mailbox): number {
  return rank(one) - rank(other) || one.sortOrder - other.sortOrder || one.name.localeCompare(other.name);
}

function rank(mailbox: Mailbox): number {
  const index = mailbox.role === null ? -1 : ROLES.indexOf(mailbox.role);
  return index < 0 ? ROLES.length : index;
}

export const mailboxes = new MailboxStore();
