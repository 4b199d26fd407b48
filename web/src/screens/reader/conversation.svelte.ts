/**
 * A conversation as it is read: its emails, and each one's cleaned body as the server shows it.
 *
 *     open(thread) → one request: Thread/get → Email/get → EmailView/get    neighbours are fetched ahead
 */
import { SvelteMap, SvelteSet } from "svelte/reactivity";
import { ref, send } from "$/jmap/client";
import type { Address, EmailHead, GetResponse, Id, Thread } from "$/jmap/types";
import { emails, HEAD_PROPERTIES, isUnread } from "$/store/emails.svelte";
import { language } from "$/words/language.svelte";
import { isMe } from "./people";

export interface Message extends EmailHead {
  blobId: Id;
  cc: Address[] | null;
  bcc: Address[] | null;
  replyTo: Address[] | null;
  sentAt: string | null;
}

export interface Warning {
  kind: "lookAlike" | "nameIsAddress" | "mixedScript" | "replyElsewhere" | "ownDomain";
  about: string;
}

export interface Check {
  name: "tls" | "login" | "spf" | "dkim" | "dmarc";
  result: "pass" | "fail" | "none" | "notChecked";
  detail: string | null;
}

export interface Sender {
  address: string;
  name: string;
  isOwn: boolean;
  isColleague: boolean;
  isFirstContact: boolean;
  checks: Check[];
  warnings: Warning[];
}

export interface ShownAttachment {
  blobId: Id;
  name: string;
  type: string;
  size: number;
  isDangerous: boolean;
}

/** EmailView (docs/jmap.md). */
export interface View {
  id: Id;
  url: string;
  kind: "html" | "text";
  hasRemoteImages: boolean;
  hasColours: boolean;
  isTrusted: boolean;
  sender: Sender;
  unsubscribe: { kind: "oneClick" | "mailto" | "web"; target: string } | null;
  attachments: ShownAttachment[];
}

export type Images = "trusted" | "shown" | "blocked";

const MESSAGE_PROPERTIES = [...HEAD_PROPERTIES, "blobId", "cc", "bcc", "replyTo", "sentAt"];
const VIEW_PROPERTIES = ["id", "url", "kind", "hasRemoteImages", "hasColours", "isTrusted", "sender", "unsubscribe", "attachments"];
/** Bodies of one request; those of longer conversations come when they are opened. */
const VIEWS_AT_ONCE = 12;
const KEPT = 8;

interface Loaded {
  messages: Message[];
  views: View[];
  at: number;
}

/** What was read ahead; an hour later its addresses would have ended. */
const ahead = new Map<Id, Promise<Loaded>>();
const FRESH_MS = 10 * 60_000;

export class Gone extends Error {}

function load(threadId: Id, scheme: "light" | "dark"): Promise<Loaded> {
  const known = ahead.get(threadId);
  if (known !== undefined) return known;
  const loading = read(threadId, scheme);
  ahead.set(threadId, loading);
  loading.catch(() => ahead.delete(threadId));
  const oldest = ahead.keys().next().value;
  if (ahead.size > KEPT && oldest !== undefined) ahead.delete(oldest);
  return loading;
}

async function read(threadId: Id, scheme: "light" | "dark"): Promise<Loaded> {
  const few = (emails.threads.get(threadId)?.emailIds ?? []).filter(opensAtOnce(threadId)).slice(-VIEWS_AT_ONCE);
  const wanted = few.length > 0 ? { ids: few } : { "#ids": ref(0, "Thread/get", "/list/*/emailIds") };
  const [threads, messages, views] = await send([
    ["Thread/get", { ids: [threadId] }],
    ["Email/get", { "#ids": ref(0, "Thread/get", "/list/*/emailIds"), properties: MESSAGE_PROPERTIES }],
    ["EmailView/get", { ...wanted, images: "trusted", scheme, language: language(), properties: VIEW_PROPERTIES }],
  ]);
  const found = (messages as unknown as GetResponse<Message>).list;
  if (found.length === 0) throw new Gone();
  emails.take(found, (threads as unknown as GetResponse<Thread>).list);
  return { messages: found.sort(byDate), views: (views as unknown as GetResponse<View>).list, at: Date.now() };
}

/** Unread ones, starred ones, and the newest. */
function opensAtOnce(threadId: Id): (id: Id) => boolean {
  const last = emails.threads.get(threadId)?.emailIds.at(-1);
  return (id) => {
    const head = emails.heads.get(id);
    return id === last || head === undefined || isUnread(head);
  };
}

function byDate(one: Message, other: Message): number {
  return one.receivedAt.localeCompare(other.receivedAt) || one.id.localeCompare(other.id);
}

/** Read a neighbour before anybody asks. */
export function prefetch(threadId: Id | undefined, scheme: "light" | "dark"): void {
  if (threadId !== undefined) void load(threadId, scheme).catch(() => undefined);
}

export class Conversation {
  messages = $state.raw<Message[]>([]);
  readonly views = new SvelteMap<Id, View>();
  readonly open = new SvelteSet<Id>();
  /** What others wrote while one was reading. */
  readonly arrived = new SvelteSet<Id>();
  state = $state<"loading" | "ready" | "gone" | "failed">("loading");
  threadId: Id = "";
  /** The one email of it that is shown; null: all. */
  emailId: Id | null = null;
  scheme: "light" | "dark" = "light";
  #loading = 0;

  /** The newest email with what the list knows of it: keywords change under one's hands. */
  heads = $derived(this.messages.map((one) => ({ ...one, ...(emails.heads.get(one.id) ?? {}) })) as Message[]);

  async show(threadId: Id, emailId: Id | null, scheme: "light" | "dark"): Promise<void> {
    const isOther = threadId !== this.threadId;
    this.threadId = threadId;
    this.emailId = emailId;
    this.scheme = scheme;
    const loading = ++this.#loading;
    if (isOther) this.#clear();
    try {
      const stale = await ahead.get(threadId)?.catch(() => undefined);
      if (stale !== undefined && Date.now() - stale.at > FRESH_MS) ahead.delete(threadId);
      const loaded = await load(threadId, scheme);
      if (loading === this.#loading) this.#take(loaded, emailId, isOther);
    } catch (error) {
      if (loading === this.#loading) this.state = error instanceof Gone ? "gone" : "failed";
    }
  }

  #clear(): void {
    this.messages = [];
    this.views.clear();
    this.open.clear();
    this.arrived.clear();
    this.state = "loading";
  }

  #take(loaded: Loaded, emailId: Id | null, isOther: boolean): void {
    for (const view of loaded.views) this.views.set(view.id, view);
    const before = new Set(this.messages.map((one) => one.id));
    this.messages = emailId === null ? loaded.messages : loaded.messages.filter((one) => one.id === emailId);
    if (this.messages.length === 0) {
      this.state = "gone";
      return;
    }
    this.state = "ready";
    if (!isOther) {
      for (const one of this.messages) if (!before.has(one.id) && !one.from?.some(isMe)) this.arrived.add(one.id);
      return;
    }
    const opened = this.messages.filter((one, index) => index === this.messages.length - 1 || isUnread(one));
    for (const one of opened) this.open.add(one.id);
    void this.need(opened.map((one) => one.id));
  }

  /** Something has changed on the server. */
  async refresh(): Promise<void> {
    if (this.threadId === "" || this.state === "loading") return;
    ahead.delete(this.threadId);
    await this.show(this.threadId, this.emailId, this.scheme);
  }

  toggle(id: Id): void {
    if (this.open.has(id)) this.open.delete(id);
    else {
      this.open.add(id);
      this.arrived.delete(id);
      void this.need([id]);
    }
  }

  openAll(): void {
    for (const one of this.messages) this.open.add(one.id);
    this.arrived.clear();
    void this.need(this.messages.map((one) => one.id));
  }

  /** Have the bodies of these. */
  async need(ids: Id[], images: Images = "trusted"): Promise<void> {
    const missing = images === "trusted" ? ids.filter((id) => !this.views.has(id)) : ids;
    for (let at = 0; at < missing.length; at += VIEWS_AT_ONCE) {
      const asked = { ids: missing.slice(at, at + VIEWS_AT_ONCE), images, scheme: this.scheme, language: language(), properties: VIEW_PROPERTIES };
      const [answer] = await send([["EmailView/get", asked]]);
      for (const view of (answer as unknown as GetResponse<View>).list) this.views.set(view.id, view);
    }
  }
}

/** Forget what was read ahead: something in the mail has changed. */
export function forgetAhead(): void {
  ahead.clear();
}
