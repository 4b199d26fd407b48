/**
 * The list that is shown: as long as the mailbox, with only the stretches that were looked at.
 *
 *     position ─ ids[position] ─ emails.heads ─ a row;  undefined: not read yet
 *
 * New mail moves positions, not what a person looks at: a list that was scrolled is read again around an email on the
 * screen, and tells how far that email has moved.
 */
import { SvelteMap } from "svelte/reactivity";
import { MethodFailed, Offline } from "$/jmap/errors";
import type { EmailHead, Filter, Id, SearchSnippet } from "$/jmap/types";
import { preferences } from "$/preferences.svelte";
import { INBOX, pathOfMail, type Place } from "$/routes";
import { router } from "$/router.svelte";
import { hasWords } from "$/search/parse";
import { emails } from "./emails.svelte";
import { filterOf } from "./filter";
import { mailboxes } from "./mailboxes.svelte";
import { countAfter, type From, type ListQuery, type Range, readRange, readScheduled } from "./range";
import { sync } from "./sync.svelte";

/** Rows that one request brings. */
export const PORTION = 50;
/** More rows than this are forgotten, those farthest away first. */
const ROWS_KEPT_MAX = 3000;

export type ListState = "loading" | "ready" | "missing" | "failed";

class MessageList {
  place = $state.raw<Place>(INBOX);
  state = $state<ListState>("loading");
  total = $state(0);
  /** Where the words were found, by email. */
  readonly snippets = new SvelteMap<Id, SearchSnippet>();
  /** How many rows all have moved by since the list was opened; the screen moves along. */
  shift = $state(0);

  /** When scheduled mail goes out, by email. */
  sendAt = $state.raw<Map<Id, string>>(new Map());

  #ids: (Id | undefined)[] = [];
  #version = $state(0);
  #query: ListQuery | null = null;
  #asked = new Set<number>();
  /** Grows when another list is opened: what is read for the one before is thrown away. */
  #opening = 0;
  /** The rows on the screen. */
  #view = { first: 0, last: 0 };

  get filter(): Filter | null {
    return this.#query?.filter ?? null;
  }

  /** Whether a row is a whole conversation. */
  get isCollapsed(): boolean {
    return this.#query?.collapseThreads ?? false;
  }

  idAt(position: number): Id | undefined {
    return this.#version >= 0 ? this.#ids[position] : undefined;
  }

  /** -1: not among the rows that are known. */
  positionOf(id: Id): number {
    return this.#version >= 0 ? this.#ids.indexOf(id) : -1;
  }

  /** The ids from one position to another, as far as they are known. */
  between(first: number, last: number): Id[] {
    return this.#ids.slice(Math.min(first, last), Math.max(first, last) + 1).filter((one) => one !== undefined);
  }

  /** The row of what is open: an email by itself, or else its thread. */
  positionOfOpen(threadId: Id, emailId: Id | null): number {
    if (emailId !== null) return this.positionOf(emailId);
    return this.#version >= 0 ? this.#ids.findIndex((id) => id !== undefined && emails.heads.get(id)?.threadId === threadId) : -1;
  }

  /** What a row stands for: a whole conversation, or its own email where every email has a row. */
  emailsOf(id: Id): EmailHead[] {
    if (this.isCollapsed) return emails.ofThread(id);
    const head = emails.heads.get(id);
    return head === undefined ? [] : [head];
  }

  async open(place: Place): Promise<void> {
    const isSame = this.state === "ready" && pathOfMail(place) === pathOfMail(this.place) && this.#query?.collapseThreads === this.#collapses(place);
    if (isSame) return;
    this.#opening += 1;
    this.place = place;
    this.state = "loading";
    this.total = 0;
    this.shift = 0;
    this.#ids = [];
    this.#view = { first: 0, last: 0 };
    this.#asked.clear();
    this.snippets.clear();
    this.#version += 1;
    emails.trim(router.route.screen === "mail" ? router.route.threadId : null);
    await this.reload();
  }

  /** Show nothing; nobody is logged in any more. */
  close(): void {
    this.#opening += 1;
    this.#query = null;
    this.#ids = [];
    this.snippets.clear();
    this.state = "loading";
  }

  /** From the start: when it was opened, and after an error. */
  async reload(): Promise<void> {
    const filter = this.place.kind === "scheduled" ? {} : filterOf(this.place);
    if (filter === null) {
      this.state = "missing";
      return;
    }
    const words = this.place.kind === "search" && hasWords(this.place.query);
    this.#query = { filter, collapseThreads: this.#collapses(this.place), hasWords: words };
    await this.#read({ position: 0 });
  }

  /**
   * Where the newest row of a day, or of an earlier one, is: as many rows are newer. The day begins and ends here.
   */
  async positionOfDay(day: Date): Promise<number> {
    if (this.#query === null) return 0;
    const next = new Date(day.getFullYear(), day.getMonth(), day.getDate() + 1);
    return Math.min(await countAfter(this.#query, next), Math.max(0, this.total - 1));
  }

  #collapses(place: Place): boolean {
    return preferences.values.threads && (place.kind === "folder" || place.kind === "label");
  }

  /** The rows that can be seen: what is missing is read, a portion ahead in the direction of the scrolling too. */
  look(first: number, last: number): void {
    const ahead = first >= this.#view.first ? last + PORTION / 2 : first - PORTION / 2;
    this.#view = { first, last };
    if (this.state !== "ready" || this.total === 0) return;
    const portions = new Set([first, last, ahead].map((one) => Math.floor(Math.min(Math.max(one, 0), this.total - 1) / PORTION)));
    for (const portion of portions) void this.#fill(portion);
  }

  async #fill(portion: number): Promise<void> {
    const position = portion * PORTION;
    if (this.#asked.has(portion) || this.#isKnown(position)) return;
    this.#asked.add(portion);
    await this.#read({ position });
    this.#asked.delete(portion);
  }

  #isKnown(position: number): boolean {
    const end = Math.min(position + PORTION, this.total);
    for (let at = position; at < end; at += 1) if (this.#ids[at] === undefined) return false;
    return true;
  }

  /** Read the rows on the screen again; those elsewhere when they are looked at. */
  async refresh(): Promise<void> {
    if (this.state !== "ready") return this.reload();
    const { first } = this.#view;
    const anchor = this.#ids.slice(first, this.#view.last + 1).find((id) => id !== undefined);
    if (first === 0 || anchor === undefined) return this.#read({ position: first }, true);
    try {
      await this.#read({ anchor, anchorOffset: 0 }, true);
    } catch (error) {
      if (!(error instanceof MethodFailed && error.kind === "anchorNotFound")) throw error;
      await this.#read({ position: first }, true);
    }
  }

  async #read(from: From, isRefresh = false): Promise<void> {
    const query = this.#query;
    if (query === null) return;
    const opening = this.#opening;
    const generation = sync.generation;
    const limit = isRefresh ? Math.max(PORTION, this.#view.last - this.#view.first + 2) : PORTION;
    try {
      const range = await (this.place.kind === "scheduled" ? readScheduled() : readRange(query, from, limit));
      if (opening !== this.#opening) return;
      if (generation !== sync.generation || sync.isChanging) sync.refresh("Email");
      else this.#take(range, from, isRefresh);
    } catch (error) {
      if (opening !== this.#opening) return;
      if (error instanceof MethodFailed && error.kind === "anchorNotFound") throw error;
      if (this.state === "loading") this.state = "failed";
      if (!(error instanceof Offline)) this.#asked.clear();
    }
  }

  #take(range: Range, from: From, isRefresh: boolean): void {
    const { ids, position, total = this.total } = range.query;
    if (isRefresh) {
      const moved = "anchor" in from ? position - this.#ids.indexOf(from.anchor) : 0;
      this.#ids = [];
      this.shift += moved;
    }
    this.sendAt = range.sendAt;
    emails.take(range.heads, range.threads);
    for (const snippet of range.snippets) this.snippets.set(snippet.emailId, snippet);
    ids.forEach((id, index) => {
      this.#ids[position + index] = id;
    });
    this.total = total;
    this.#ids.length = total;
    this.state = "ready";
    sync.knows("Email", range.emailState);
    this.#forgetFar();
    this.#version += 1;
  }

  #forgetFar(): void {
    let kept = 0;
    this.#ids.forEach(() => (kept += 1));
    if (kept <= ROWS_KEPT_MAX) return;
    const { first, last } = this.#view;
    this.#ids.forEach((id, at) => {
      const isNear = at > first - ROWS_KEPT_MAX / 4 && at < last + ROWS_KEPT_MAX / 4;
      if (id === undefined || isNear) return;
      emails.forgetThread(id);
      delete this.#ids[at];
    });
  }

  /** Emails were changed here: rows that do not belong in the list any more go, others show what remains of them. */
  settle(changed: Id[]): void {
    const threads = new Set(changed.map((id) => emails.heads.get(id)?.threadId));
    const gone: Id[] = [];
    this.#ids.forEach((id, at) => {
      const head = id === undefined ? undefined : emails.heads.get(id);
      if (head === undefined || !threads.has(head.threadId)) return;
      const next = this.#representative(head);
      if (next === undefined) gone.push(head.id);
      else this.#ids[at] = next;
    });
    if (gone.length > 0) this.remove(gone);
    else this.#version += 1;
  }

  #representative(head: EmailHead): Id | undefined {
    if (this.#belongs(head)) return head.id;
    if (this.#query?.collapseThreads !== true) return undefined;
    return emails.ofThread(head.id).findLast((one) => this.#belongs(one))?.id;
  }

  #belongs(head: EmailHead): boolean {
    if (this.place.kind === "label") return this.place.label in head.keywords;
    if (this.place.kind !== "folder") return true;
    const mailbox = mailboxes.find(this.place.folder);
    return mailbox !== undefined && mailbox.id in head.mailboxIds;
  }

  /** The rows of now; calling it puts them back, as long as the same list is shown. */
  snapshot(): () => void {
    const [ids, total, opening] = [this.#ids.slice(), this.total, this.#opening];
    return () => {
      if (opening !== this.#opening) return;
      this.#ids = ids;
      this.total = total;
      this.#version += 1;
    };
  }

  /** Take rows out at once. */
  remove(ids: Id[]): void {
    const gone = new Set(ids);
    for (let at = this.#ids.length - 1; at >= 0; at -= 1) {
      const id = this.#ids[at];
      if (id === undefined || !gone.has(id)) continue;
      this.#ids.splice(at, 1);
      this.total -= 1;
    }
    this.#version += 1;
  }
}

export const list = new MessageList();
