/**
 * The list that is shown: as long as the mailbox, with only the stretches that were looked at.
 *
 *     position ─ stretches ─ emails.heads ─ a row;  undefined: not read yet
 *     news     ─ what was removed and added; if the server cannot tell: the rows on the screen again
 *
 * New mail moves positions, not what a person looks at: a list that was scrolled tells how far the first row on the
 * screen has moved.
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
import { type News, readNews, type Since } from "./news";
import { countAfter, type From, type ListQuery, type Range, readRange, readScheduled } from "./range";
import { type ListChanges, Stretches } from "./stretches";
import { sync } from "./sync.svelte";

/** Rows that one request brings. */
export const PORTION = 50;
/** Rows that a stretch to be chosen may have. */
export const STRETCH_MAX = 1000;
/** More rows than this are forgotten, those farthest away first. */
const ROWS_KEPT_MAX = 3000;

/** Rows that somebody has in mind. */
interface Chosen {
  ids: ReadonlySet<Id>;
  /** Rows have come, gone or moved. */
  follow(changes: ListChanges): void;
}

/** An email on the screen, and where it was. */
interface Anchor {
  id: Id;
  was: number;
}

export type ListState = "loading" | "ready" | "missing" | "failed";

class MessageList {
  place = $state.raw<Place>(INBOX);
  state = $state<ListState>("loading");
  total = $state(0);
  /** Where the words were found, by email. */
  readonly snippets = new SvelteMap<Id, SearchSnippet>();
  /** How many rows what is looked at has moved by since the list was opened; the screen moves along. */
  shift = $state(0);

  /** When scheduled mail goes out, by email. */
  sendAt = $state.raw<Map<Id, string>>(new Map());
  /** What is chosen is not forgotten, however far away it is. */
  chosen: Chosen | null = null;

  readonly #rows = new Stretches();
  #version = $state(0);
  #query: ListQuery | null = null;
  /** The states that the rows are of; null: news are not told of this list. */
  #since: Since | null = null;
  #asked = new Set<number>();
  #catchingUp: Promise<void> | null = null;
  /** Grows when another list is opened: what is read for the one before is thrown away. */
  #opening = 0;
  /** The rows that are drawn, and the first of them that is on the screen. */
  #view = { first: 0, last: 0, top: 0 };

  get filter(): Filter | null {
    return this.#query?.filter ?? null;
  }

  /** Whether a row is a whole conversation. */
  get isCollapsed(): boolean {
    return this.#query?.collapseThreads ?? false;
  }

  idAt(position: number): Id | undefined {
    return this.#version >= 0 ? this.#rows.at(position) : undefined;
  }

  /** -1: not among the rows that are known. */
  positionOf(id: Id): number {
    return this.#version >= 0 ? this.#rows.positionOf(id) : -1;
  }

  /** The ids from one position to another, as far as they are known. */
  between(first: number, last: number): Id[] {
    return this.#rows.between(Math.min(first, last), Math.max(first, last));
  }

  /** The row of what is open: an email by itself, or else its thread. */
  positionOfOpen(threadId: Id, emailId: Id | null): number {
    if (emailId !== null) return this.positionOf(emailId);
    if (this.#version < 0) return -1;
    return this.#rows.entries().find(([, id]) => emails.heads.get(id)?.threadId === threadId)?.[0] ?? -1;
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
    this.#since = null;
    this.#rows.clear();
    this.#view = { first: 0, last: 0, top: 0 };
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
    this.#since = null;
    this.#rows.clear();
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
    const range = await this.#ask((asked) => this.#readRange(asked, { position: 0 }, PORTION));
    if (range !== undefined) this.#takeAnew(range, null);
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

  /**
   * The rows that are drawn, of which `top` is the first on the screen: what is missing is read, a portion ahead in the
   * direction of the scrolling too.
   */
  look(first: number, last: number, top: number): void {
    const ahead = first >= this.#view.first ? last + PORTION / 2 : first - PORTION / 2;
    this.#view = { first, last, top };
    this.#readMissing(Math.min(first, ahead), Math.max(last, ahead));
  }

  /** Have the rows from one position to another, at most STRETCH_MAX. False: they cannot be read now. */
  async have(first: number, last: number): Promise<boolean> {
    for (let at = first; at <= last; at += 2 * PORTION) {
      const end = Math.min(last, at + 2 * PORTION - 1);
      if (!this.#rows.isKnown(at, end)) await this.#readPortion(at, end - at + 1);
    }
    return this.#rows.isKnown(first, last);
  }

  /** The portions that have rows of this stretch which are not known. */
  #readMissing(first: number, last: number): void {
    if (this.state !== "ready") return;
    const [from, to] = [Math.max(0, first), Math.min(last, this.total - 1)];
    for (let position = from - (from % PORTION); position <= to; position += PORTION) {
      const isKnown = this.#rows.isKnown(Math.max(from, position), Math.min(to, position + PORTION - 1));
      if (!isKnown && !this.#asked.has(position)) void this.#fill(position);
    }
  }

  async #fill(position: number): Promise<void> {
    this.#asked.add(position);
    await this.#readPortion(position, PORTION).finally(() => this.#asked.delete(position));
  }

  async #readPortion(position: number, limit: number): Promise<void> {
    const range = await this.#ask((query) => this.#readRange(query, { position }, limit));
    if (range === undefined) return;
    // Of another state its positions are not those of the rows that are known.
    if (this.#since === null || range.query.queryState === this.#since.queryState) this.#take(range);
    else await (this.#catchingUp ??= this.refresh().finally(() => (this.#catchingUp = null)));
  }

  /** Bring it up to date: by what has changed, if the server tells, else by the rows on the screen. */
  async refresh(): Promise<void> {
    if (this.state !== "ready") return this.reload();
    const since = this.#since;
    const news = since === null ? null : await this.#ask((query) => readNews(query, since));
    if (news === undefined) return;
    if (since !== this.#since) return sync.refresh("Email");
    const anchor = this.#anchor();
    if (news !== null && this.#takeNews(news, anchor)) return;
    await this.#readAgain(anchor);
  }

  /** What a person looks at, where the list was scrolled. */
  #anchor(): Anchor | null {
    const { top, last } = this.#view;
    const id = top === 0 ? undefined : this.#rows.between(top, last)[0];
    return id === undefined ? null : { id, was: this.#rows.positionOf(id) };
  }

  /** False: what is on the screen must be read again. */
  #takeNews(news: News, anchor: Anchor | null): boolean {
    const { list, heads, threads } = news;
    const inList = new Set(list.added.map((one) => one.id));
    const ours = new Set(heads.flatMap((one) => (inList.has(one.id) ? one.threadId : [])));
    emails.take(
      heads.filter((one) => ours.has(one.threadId) || emails.heads.has(one.id) || emails.threads.has(one.threadId)),
      threads.filter((one) => ours.has(one.id) || emails.threads.has(one.id)),
    );
    this.chosen?.follow(list);
    const isWhole = this.#rows.apply(list);
    for (const { id, index } of list.added) if (!this.#canBeShown(id)) this.#rows.forget(index);
    emails.forget(news.destroyed);
    this.#takeSnippets(news.snippets);
    this.#isOf(news.since);
    if (!isWhole && !this.#rows.isKnown(this.#view.first, this.#view.last)) return false;
    if (anchor !== null && this.#rows.positionOf(anchor.id) >= 0) this.shift += this.#rows.positionOf(anchor.id) - anchor.was;
    this.#shown();
    this.#lookAgain();
    return true;
  }

  #canBeShown(id: Id): boolean {
    const head = emails.heads.get(id);
    return head !== undefined && (!this.isCollapsed || emails.threads.has(head.threadId));
  }

  /** Read the rows on the screen; those elsewhere when they are looked at. */
  async #readAgain(anchor: Anchor | null): Promise<void> {
    const { first, last } = this.#view;
    const limit = Math.max(PORTION, last - first + 2);
    const around: From = anchor === null ? { position: first } : { anchor: anchor.id, anchorOffset: first - anchor.was };
    try {
      const range = await this.#ask((query) => this.#readRange(query, around, limit));
      if (range !== undefined) this.#takeAnew(range, anchor);
    } catch {
      // The anchor is gone.
      const range = await this.#ask((query) => this.#readRange(query, { position: first }, limit));
      if (range !== undefined) this.#takeAnew(range, null);
    }
  }

  #readRange(query: ListQuery, from: From, limit: number): Promise<Range> {
    return this.place.kind === "scheduled" ? readScheduled() : readRange(query, from, limit);
  }

  /** Undefined: it is of no use any more, or failed. MethodFailed anchorNotFound. */
  async #ask<T>(read: (query: ListQuery) => Promise<T>): Promise<T | undefined> {
    if (this.#query === null) return undefined;
    const opening = this.#opening;
    const generation = sync.generation;
    try {
      const found = await read(this.#query);
      if (opening !== this.#opening) return undefined;
      if (generation === sync.generation && !sync.isChanging) return found;
      sync.refresh("Email");
    } catch (error) {
      if (opening !== this.#opening) return undefined;
      if (error instanceof MethodFailed && error.kind === "anchorNotFound") throw error;
      if (this.state === "loading") this.state = "failed";
      if (!(error instanceof Offline)) this.#asked.clear();
    }
    return undefined;
  }

  /** Instead of all that was known. */
  #takeAnew(range: Range, anchor: Anchor | null): void {
    const { ids, position, queryState, canCalculateChanges } = range.query;
    const index = anchor === null ? -1 : ids.indexOf(anchor.id);
    if (anchor !== null && index >= 0) this.shift += position + index - anchor.was;
    this.#rows.clear();
    this.#isOf(this.place.kind !== "scheduled" && canCalculateChanges ? { queryState, emailState: range.emailState } : null);
    sync.knows("Email", range.emailState);
    this.#take(range);
    this.#lookAgain();
  }

  #take(range: Range): void {
    const { ids, position, total = this.total } = range.query;
    this.sendAt = range.sendAt;
    emails.take(range.heads, range.threads);
    this.#takeSnippets(range.snippets);
    this.#rows.put(position, ids, total);
    this.#forgetFar();
    this.#shown();
  }

  #isOf(since: Since | null): void {
    this.#since = since;
    if (since !== null) sync.knows("Email", since.emailState);
  }

  #takeSnippets(snippets: SearchSnippet[]): void {
    for (const snippet of snippets) this.snippets.set(snippet.emailId, snippet);
  }

  #shown(): void {
    this.total = this.#rows.length;
    this.state = "ready";
    this.#version += 1;
  }

  /** What is missing now of the rows on the screen. */
  #lookAgain(): void {
    this.#readMissing(this.#view.first, this.#view.last);
  }

  #forgetFar(): void {
    if (this.#rows.known <= ROWS_KEPT_MAX) return;
    const { first, last } = this.#view;
    for (const [at, id] of this.#rows.entries()) {
      const isNear = at > first - ROWS_KEPT_MAX / 4 && at < last + ROWS_KEPT_MAX / 4;
      if (isNear || this.chosen?.ids.has(id)) continue;
      emails.forgetThread(id);
      this.snippets.delete(id);
      this.#rows.forget(at);
    }
  }

  /** Emails were changed here: rows that do not belong in the list any more go, others show what remains of them. */
  settle(changed: Id[]): void {
    const threads = new Set(changed.map((id) => emails.heads.get(id)?.threadId));
    const gone: Id[] = [];
    for (const [at, id] of this.#rows.entries()) {
      const head = emails.heads.get(id);
      if (head === undefined || !threads.has(head.threadId)) continue;
      const next = this.#representative(head);
      if (next === undefined) gone.push(head.id);
      else this.#rows.replace(at, next);
    }
    this.remove(gone);
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
    const [putBack, opening] = [this.#rows.snapshot(), this.#opening];
    return () => {
      if (opening !== this.#opening) return;
      putBack();
      this.#shown();
    };
  }

  /** Take rows out at once. */
  remove(ids: Id[]): void {
    this.#rows.remove(ids);
    this.#shown();
  }
}

export const list = new MessageList();
