/**
 * One message that is being written: what it says, and its copy on the server.
 *
 *     touch() → two seconds of rest → save(): make the new copy, then destroy the old one, in one call
 *
 * There is one save at a time and the newest words win, so there are never two copies of one draft. When the old
 * copy has gone meanwhile, another window has saved too: both stay, and the person is told.
 */
import { Offline } from "$/jmap/errors";
import { reach, send } from "$/jmap/client";
import { session } from "$/session.svelte";
import { mailboxes } from "$/store/mailboxes.svelte";
import type { Address, Id, SetResponse } from "$/jmap/types";
import { Attachments } from "./attachments.svelte";
import { outgoing, ownText, plainOf, usedCids } from "./html";
import { keep, forget } from "./kept";
import { PART_PROPERTIES, type BodyPart, type Identity, type Quotation } from "./types";

const REST_MS = 2000;
const AGAIN_MS = 15_000;
/** A browser carries no more after its page has gone. */
const KEEPALIVE_BYTES = 60_000;

export type Status = "new" | "unsaved" | "saving" | "saved" | "offline" | "failed";

export class Draft {
  identities = $state.raw<Identity[]>([]);
  identityId = $state<Id>("");
  to = $state.raw<Address[]>([]);
  cc = $state.raw<Address[]>([]);
  bcc = $state.raw<Address[]>([]);
  subject = $state("");
  isPlain = $state(false);
  text = $state("");
  /** Written by the editor with every change. */
  html = "";
  quotation = $state.raw<Quotation | null>(null);
  /** The email that the quotation can be looked at in. */
  quotedFrom = $state<Id | null>(null);
  readonly attachments = new Attachments(() => this.touch());
  inReplyTo: string[] | null = null;
  references: string[] | null = null;
  /** What this answers, to be marked when it is sent. */
  answers: { emailId: Id; keyword: "$answered" | "$forwarded" } | null = null;
  wantsReceipt = $state(false);
  /** The copy on the server. */
  savedId = $state<Id | null>(null);
  savedAt = $state<Date | null>(null);
  status = $state<Status>("new");
  /** Another window has saved the same draft. */
  isConflict = $state(false);

  #revision = 0;
  #savedRevision = 0;
  #saving: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;

  get identity(): Identity | undefined {
    return this.identities.find((one) => one.id === this.identityId) ?? this.identities[0];
  }

  get isDirty(): boolean {
    return this.#revision !== this.#savedRevision;
  }

  /** Nothing worth keeping. */
  get isEmpty(): boolean {
    const words = this.isPlain ? this.text : ownText(this.html);
    return [this.to, this.cc, this.bcc].every((list) => list.length === 0) && this.subject === "" && words.trim() === "" && this.attachments.all.length === 0;
  }

  get recipients(): Address[] {
    return [...this.to, ...this.cc, ...this.bcc];
  }

  /** Something has changed. */
  touch(): void {
    if (this.#isOver) return;
    this.#revision += 1;
    this.status = "unsaved";
    this.#later(REST_MS);
  }

  #later(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.save(), milliseconds);
  }

  /** What is there now counts as saved: a draft that has just been opened. */
  settle(): void {
    this.#savedRevision = this.#revision;
    clearTimeout(this.#timer);
    this.status = this.savedId === null ? "new" : "saved";
  }

  /** Have the newest words on the server. Never raises: `status` tells. */
  async save(): Promise<boolean> {
    clearTimeout(this.#timer);
    while (this.isDirty && !this.#isOver) {
      this.#saving ??= this.#saveOnce().finally(() => (this.#saving = null));
      await this.#saving;
      if (this.status === "offline" || this.status === "failed") return false;
    }
    return true;
  }

  async #saveOnce(): Promise<void> {
    const revision = this.#revision;
    this.status = "saving";
    try {
      await this.#store();
      this.#savedRevision = revision;
      this.savedAt = new Date();
      this.status = revision === this.#revision ? "saved" : "unsaved";
      forget();
    } catch (error) {
      this.status = error instanceof Offline ? "offline" : "failed";
      keep(this);
      this.#later(AGAIN_MS);
    }
  }

  async #store(): Promise<void> {
    const old = this.savedId;
    const [answer] = await send([["Email/set", { create: { draft: this.email() }, destroy: old === null ? [] : [old] }]]);
    const { created, notCreated, notDestroyed } = answer as unknown as SetResponse;
    const made = created?.["draft"];
    if (made === undefined) throw new Error(notCreated?.["draft"]?.type ?? "not saved");
    this.savedId = made.id;
    if (old !== null && notDestroyed?.[old]?.type === "notFound") this.isConflict = true;
    if (this.attachments.all.length > 0) await this.#rename(made.id);
  }

  /** Attachments are parts of the newest copy from now on: uploads end, and the old copy is gone. */
  async #rename(id: Id): Promise<void> {
    const asked = { ids: [id], properties: ["attachments"], bodyProperties: PART_PROPERTIES };
    const [answer] = await send([["Email/get", asked]]);
    const parts = ((answer?.["list"] as { attachments: BodyPart[] }[])[0]?.attachments ?? []).slice();
    for (const one of this.attachments.all) {
      if (one.blobId === null) continue;
      const at = parts.findIndex((part) => (part.cid ?? null) === one.cid && part.name === one.name && part.size === one.size);
      if (at >= 0) one.blobId = parts.splice(at, 1)[0]?.blobId ?? one.blobId;
    }
  }

  /** The JMAP object (RFC 8621 §4.6). */
  email(): Record<string, unknown> {
    const drafts = mailboxes.byRole("drafts");
    if (drafts === undefined) throw new Error("no drafts folder");
    const identity = this.identity;
    return {
      mailboxIds: { [drafts.id]: true },
      keywords: { $draft: true, $seen: true },
      from: identity === undefined ? null : [{ name: identity.name || null, email: identity.email }],
      to: orNull(this.to),
      cc: orNull(this.cc),
      bcc: orNull(this.bcc),
      replyTo: identity?.replyTo ?? null,
      subject: this.subject,
      inReplyTo: this.inReplyTo,
      references: this.references,
      ...(this.wantsReceipt && identity !== undefined ? { "header:Disposition-Notification-To:asAddresses": [{ name: null, email: identity.email }] } : {}),
      ...this.#body(),
    };
  }

  #body(): Record<string, unknown> {
    const attached = this.attachments.all.filter((one) => one.blobId !== null);
    if (this.isPlain) {
      const text = [this.text, this.#quotedAsText()].filter((part) => part !== "").join("\n\n");
      return { ...bodies({ text }), attachments: attached.map((one) => partOf(one, false)) };
    }
    const used = usedCids(this.html);
    const quote = this.quotation === null ? null : this.quotation.heading + this.quotation.html;
    const html = outgoing(this.html, quote);
    const kept = attached.filter((one) => one.cid === null || used.has(one.cid) || (quote?.includes(`cid:${one.cid}`) ?? false));
    return { ...bodies({ html, text: plainOf(html) }), attachments: kept.map((one) => partOf(one, one.cid !== null)) };
  }

  #quotedAsText(): string {
    return this.quotation === null ? "" : this.quotation.text;
  }

  /** The page goes away: what can be carried is carried, the rest is kept in this browser. */
  leave(): void {
    if (!this.isDirty || this.#isOver || this.isEmpty) return;
    keep(this);
    const old = this.savedId;
    const body = JSON.stringify({
      using: ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"],
      methodCalls: [
        ["Email/set", { accountId: session.accountId, create: { draft: this.email() }, destroy: old === null ? [] : [old] }, "0"],
      ],
    });
    if (body.length > KEEPALIVE_BYTES || this.#saving !== null) return;
    const init = { method: "POST", headers: { "Content-Type": "application/json" }, body, keepalive: true };
    void reach(session.object.apiUrl, init)
      .then((response) => response.json())
      .then((answer: { methodResponses: [string, SetResponse, string][] }) => {
        const made = answer.methodResponses[0]?.[1].created?.["draft"];
        if (made === undefined) return;
        this.savedId = made.id;
        this.settle();
        forget();
      })
      .catch(() => undefined);
    // It is on its way: a save by the timer would make a second copy.
    this.#savedRevision = this.#revision;
    clearTimeout(this.#timer);
  }

  /** It was sent or thrown away: nothing is saved any more. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    for (const one of this.attachments.all) one.abort();
    forget();
  }

  async discard(): Promise<void> {
    this.end();
    await this.#saving;
    if (this.savedId !== null) await send([["Email/set", { destroy: [this.savedId] }]]);
  }
}

function orNull(addresses: Address[]): Address[] | null {
  return addresses.length > 0 ? addresses.map(({ name, email }) => ({ name, email })) : null;
}

function bodies(values: { html?: string; text?: string }): Record<string, unknown> {
  const part = (partId: string, type: string) => [{ partId, type }];
  return {
    bodyValues: Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }])),
    ...(values.text === undefined ? {} : { textBody: part("text", "text/plain") }),
    ...(values.html === undefined ? {} : { htmlBody: part("html", "text/html") }),
  };
}

function partOf(one: { blobId: Id | null; name: string; type: string; cid: string | null }, isInline: boolean): Record<string, unknown> {
  const cid = isInline ? { cid: one.cid } : {};
  return { blobId: one.blobId, type: one.type, name: one.name, disposition: isInline ? "inline" : "attachment", ...cid };
}
