/**
 * One message that is being written: what it says, and its copy on the server.
 *
 *     touch() → kept in this browser → two seconds of rest → save(): the new copy takes the place of the old one
 *
 * There is one save at a time and the newest words win. When the copy before has gone meanwhile, another window has
 * saved or sent it: both stay, and the person is told.
 */
import { NotSet, Offline } from "$/jmap/errors";
import { reach } from "$/jmap/client";
import type { Address, Id } from "$/jmap/types";
import { tagged } from "$/jmap/batch";
import { session } from "$/session.svelte";
import { Attachments } from "./attachments.svelte";
import { lookUp, nameParts, remove, store, storing } from "./copies";
import { forget, hold, keep, type Kept, type Written } from "./kept";
import { ownText } from "./plain";
import type { Identity, Quotation } from "./types";

const REST_MS = 2000;
/** The server writes a message anew with each save, files and all: large ones are saved less often. The words are kept here meanwhile. */
const REST_BYTES_PER_MS = 1000;
const REST_MS_MAX = 20_000;
const KEEP_MS = 500;
const AGAIN_MS = 15_000;
/** A browser carries no more after its page has gone. */
const KEEPALIVE_BYTES = 60_000;

export type Status = "new" | "unsaved" | "saving" | "saved" | "offline" | "failed";

export class Draft {
  /** Of what is kept in this browser. */
  readonly key = crypto.randomUUID();
  messageId = `${this.key}@${session.name.split("@")[1] ?? "localhost"}`;
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
  /** The email that the quotation can be looked at in; null: the draft itself. */
  quotedFrom: Id | null = null;
  readonly attachments = new Attachments(() => this.touch());
  inReplyTo: string[] | null = null;
  references: string[] | null = null;
  /** What this answers, to be marked when it is sent. */
  answers: Written["answers"] = null;
  wantsReceipt = $state(false);
  /** The copy on the server, and the Message-IDs that it may have. */
  savedId = $state<Id | null>(null);
  copies: string[] = [this.messageId];
  savedAt = $state<Date | null>(null);
  status = $state<Status>("new");
  /** Why the server does not take it. */
  refusal = $state.raw<NotSet["error"] | null>(null);
  /** Another window has saved or sent the same draft. */
  isConflict = $state(false);
  /** A save was begun, and how it ended was never told. */
  isBehind = false;
  /** The copy that was handed in without an answer: it may be on its way. */
  mayBeSent: Id | null = null;

  #revision = 0;
  #savedRevision = 0;
  #saving: Promise<void> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #keeping: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;
  #release = hold(this.key);

  get identity(): Identity | undefined {
    return this.identities.find((one) => one.id === this.identityId) ?? this.identities[0];
  }

  get isDirty(): boolean {
    return this.#revision !== this.#savedRevision;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Nothing worth keeping. */
  get isEmpty(): boolean {
    const words = this.isPlain ? this.text : ownText(this.html);
    const hasPeople = [this.to, this.cc, this.bcc].some((list) => list.length > 0);
    return !hasPeople && this.subject === "" && words.trim() === "" && this.attachments.all.length === 0;
  }

  get recipients(): Address[] {
    return [...this.to, ...this.cc, ...this.bcc];
  }

  /** Something has changed. */
  touch(): void {
    if (this.#isOver) return;
    this.#revision += 1;
    this.status = "unsaved";
    this.refusal = null;
    this.#keeping ??= setTimeout(() => this.#keep(), KEEP_MS);
    this.#later(Math.min(REST_MS + this.attachments.bytes / REST_BYTES_PER_MS, REST_MS_MAX));
  }

  #later(milliseconds: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.save(), milliseconds);
  }

  /** What is there now counts as saved: a draft that has just been opened. */
  settle(): void {
    this.#savedRevision = this.#revision;
    clearTimeout(this.#timer);
    this.#forget();
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
      await this.catchUp();
      if (!this.isPlain) await this.attachments.embed(this.html);
      await this.#store();
      this.#savedRevision = revision;
      this.savedAt = new Date();
      this.status = revision === this.#revision ? "saved" : "unsaved";
      if (!this.isDirty) this.#forget();
    } catch (error) {
      this.status = error instanceof Offline ? "offline" : "failed";
      this.refusal = error instanceof NotSet ? error.error : null;
      this.#keep();
      this.#later(AGAIN_MS);
    }
  }

  async #store(): Promise<void> {
    const hadCopy = this.savedId !== null;
    const calls = store(this);
    this.isBehind = true;
    const { id, isAlone } = await calls;
    this.savedId = id;
    if (hadCopy && isAlone) this.isConflict = true;
    if (this.attachments.all.length > 0) await nameParts(this, id);
    this.isBehind = false;
  }

  /** Learn which copy is there after a save whose end was not told. */
  async catchUp(): Promise<void> {
    if (!this.isBehind) return;
    const found = await lookUp(this);
    if (found !== null) {
      this.savedId = found;
      if (this.attachments.all.length > 0) await nameParts(this, found);
    }
    this.isBehind = found === null;
  }

  // --- in this browser --------------------------------------------------------------------------

  written(): Written {
    const { identityId, to, cc, bcc, subject, isPlain, text, html, quotation, quotedFrom, inReplyTo, references, answers, wantsReceipt } = this;
    return { identityId, to, cc, bcc, subject, isPlain, text, html, quotation, quotedFrom, inReplyTo, references, answers, wantsReceipt };
  }

  #keep(): void {
    this.#keeping = undefined;
    if (this.#isOver || !this.isDirty || this.isEmpty) return;
    const { key, savedId, copies } = this;
    const files = this.attachments.all.flatMap(({ blobId, name, type, size, cid }) => (blobId === null ? [] : [{ blobId, name, type, size, cid }]));
    keep({ key, savedId, copies, files, written: this.written() });
  }

  #forget(): void {
    clearTimeout(this.#keeping);
    this.#keeping = undefined;
    forget(this.key);
  }

  /** Go on where another tab, or this one before it went away, has stopped. */
  revive(kept: Kept): void {
    Object.assign(this, kept.written);
    this.savedId = kept.savedId;
    this.copies = [this.messageId, ...kept.copies];
    this.isBehind = true;
    this.attachments.revive(kept.files);
    forget(kept.key);
    this.touch();
  }

  // --- the end ----------------------------------------------------------------------------------

  /** The page goes away: what can be carried is carried, everything is kept in this browser until it is known. */
  leave(): void {
    if (!this.isDirty || this.#isOver || this.isEmpty) return;
    this.#keep();
    // One that is on its way is followed by no other: which of them came last would be chance.
    if (this.#saving !== null) return;
    const calls = storing(this).map(([name, args]) => [name, { accountId: session.accountId, ...args }] as [string, Record<string, unknown>]);
    const using = ["urn:ietf:params:jmap:core", "urn:ietf:params:jmap:mail"];
    const body = JSON.stringify({ using, methodCalls: tagged(calls, 0) });
    if (body.length > KEEPALIVE_BYTES) return;
    this.isBehind = true;
    void reach(session.object.apiUrl, { method: "POST", headers: { "Content-Type": "application/json" }, body, keepalive: true }).catch(() => undefined);
  }

  /** It was sent or thrown away: nothing is saved any more. */
  end(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    for (const one of this.attachments.all) one.abort();
    this.#forget();
    this.#release();
  }

  async discard(): Promise<void> {
    this.end();
    await this.#saving;
    if (this.savedId !== null || this.isBehind) await remove(this);
  }
}
