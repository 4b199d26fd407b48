/** Emails and threads that were read, and what is changed in them before the server says so. */
import { SvelteMap } from "svelte/reactivity";
import type { EmailHead, Id, Patch, Thread } from "$/jmap/types";

/** Properties of EmailHead, for Email/get. */
export const HEAD_PROPERTIES = [
  "id", "threadId", "mailboxIds", "keywords", "from", "to", "subject", "receivedAt", "size", "hasAttachment", "preview",
];

const HEADS_KEPT_MAX = 10_000;

class EmailStore {
  readonly heads = new SvelteMap<Id, EmailHead>();
  readonly threads = new SvelteMap<Id, Thread>();

  take(heads: EmailHead[], threads: Thread[] = []): void {
    for (const head of heads) this.heads.set(head.id, head);
    for (const thread of threads) this.threads.set(thread.id, thread);
  }

  /** The emails of a thread that are known here, oldest first; an unknown thread is the one email. */
  ofThread(emailId: Id): EmailHead[] {
    const head = this.heads.get(emailId);
    if (head === undefined) return [];
    const ids = this.threads.get(head.threadId)?.emailIds ?? [emailId];
    return ids.map((id) => this.heads.get(id)).filter((one) => one !== undefined);
  }

  /** Change an email here; what it was before is given back, as a patch. */
  patch(id: Id, patch: Patch): Patch {
    const head = this.heads.get(id);
    if (head === undefined) return {};
    const [changed, inverse] = patched(head, patch);
    this.heads.set(id, changed);
    return inverse;
  }

  forget(ids: Iterable<Id>): void {
    for (const id of ids) this.heads.delete(id);
  }

  /** All of a thread's. */
  forgetThread(id: Id): void {
    const threadId = this.heads.get(id)?.threadId ?? "";
    this.forget([id, ...(this.threads.get(threadId)?.emailIds ?? [])]);
    this.threads.delete(threadId);
  }

  /** When very many are kept, only those of one thread stay: the one that is open. */
  trim(openThreadId: Id | null): void {
    if (this.heads.size <= HEADS_KEPT_MAX) return;
    for (const head of [...this.heads.values()]) if (head.threadId !== openThreadId) this.heads.delete(head.id);
    for (const id of [...this.threads.keys()]) if (id !== openThreadId) this.threads.delete(id);
  }

  clear(): void {
    this.heads.clear();
    this.threads.clear();
  }
}

/** Patches of "keywords/…" and "mailboxIds/…" alone, which is all that the webmail changes in an email. */
export function patched(head: EmailHead, patch: Patch): [changed: EmailHead, inverse: Patch] {
  const changed = { ...head, keywords: { ...head.keywords }, mailboxIds: { ...head.mailboxIds } };
  const inverse: Patch = {};
  for (const [path, value] of Object.entries(patch)) {
    const slash = path.indexOf("/");
    const held = path.slice(0, slash) === "keywords" ? changed.keywords : changed.mailboxIds;
    const name = path.slice(slash + 1).replaceAll("~1", "/").replaceAll("~0", "~");
    inverse[path] = held[name] ?? null;
    if (value === null) delete held[name];
    else held[name] = true;
  }
  return [changed, inverse];
}

/** A keyword or an id as a step of a patch's path (RFC 6901 §3). */
export function step(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

export const emails = new EmailStore();

export function isUnread(head: EmailHead): boolean {
  return !("$seen" in head.keywords) && !("$draft" in head.keywords);
}

export function isStarred(head: EmailHead): boolean {
  return "$flagged" in head.keywords;
}
