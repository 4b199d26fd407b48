/** The account's folders. */
import { call, ref, sendRaw } from "$/jmap/client";
import type { ChangesResponse, EmailHead, GetResponse, Id, Mailbox, Role } from "$/jmap/types";
import { needed, wished } from "./answers";
import { isUnread } from "./emails.svelte";
import { folderName } from "./names";
import { sync } from "./sync.svelte";
import { type Branch, grown } from "./tree";

class MailboxStore {
  all = $state.raw<Map<Id, Mailbox>>(new Map());
  state = "";
  readonly tree = $derived(grown([...this.all.values()]));

  take(answer: GetResponse<Mailbox>): void {
    this.all = new Map(answer.list.map((one) => [one.id, one]));
    this.#isOf(answer.state);
  }

  #isOf(state: string): void {
    this.state = state;
    sync.knows("Mailbox", state);
  }

  /** Bring them up to date: by what has changed, or all of them where the server cannot tell. */
  async refresh(): Promise<void> {
    const { state } = this;
    const { generation } = sync;
    const responses = await sendRaw([
      ["Mailbox/changes", { sinceState: state }],
      ["Mailbox/get", { "#ids": ref(0, "Mailbox/changes", "/created") }],
      ["Mailbox/get", { "#ids": ref(0, "Mailbox/changes", "/updated"), "#properties": ref(0, "Mailbox/changes", "/updatedProperties") }],
    ]);
    const changes = wished<ChangesResponse>(responses[0]);
    if (changes === null || changes.hasMoreChanges) return this.load();
    if (state !== this.state || generation !== sync.generation || sync.isChanging) return sync.refresh("Mailbox");
    const changed = new Map(this.all);
    for (const one of needed<GetResponse<Mailbox>>(responses[1], "Mailbox/get").list) changed.set(one.id, one);
    for (const one of needed<GetResponse<Mailbox>>(responses[2], "Mailbox/get").list) {
      changed.set(one.id, { ...changed.get(one.id), ...one });
    }
    for (const id of changes.destroyed) changed.delete(id);
    this.all = changed;
    this.#isOf(changes.newState);
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
