/** The account's folders. */
import { call } from "$/jmap/client";
import type { EmailHead, GetResponse, Id, Mailbox, Role } from "$/jmap/types";
import { isUnread } from "./emails.svelte";
import { folderName } from "./names";
import { type Branch, grown } from "./tree";

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

  /** The folders that it is in, the outermost first. */
  pathTo(mailbox: Mailbox): Mailbox[] {
    const parent = this.all.get(mailbox.parentId ?? "");
    return parent === undefined ? [] : [...this.pathTo(parent), parent];
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

export type { Branch };
export const mailboxes = new MailboxStore();
