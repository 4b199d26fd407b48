/**
 * Words that are not on the server yet, kept in this browser until they are.
 *
 *     touch → keep (soon) → saved: forget
 *                         → the tab went away: whoever writes next is offered them, or the same tab takes them up again
 *
 * An entry of a tab that is still there is not offered elsewhere: each holds a lock as long as it lives.
 */
import { session } from "$/session.svelte";
import type { Address, Id } from "$/jmap/types";
import type { Quotation } from "./types";

const PREFIX = "bocau.unsaved.";
const LOCK = "bocau.draft.";
const ENTRIES_MAX = 5;
const DAYS_MAX = 30;
const CHARACTERS_MAX = 1_000_000;
/** Without locks (an address that is not secure), a tab that has not kept anything for so long is gone. */
const SILENT_MS = 120_000;

export interface KeptFile {
  blobId: Id;
  name: string;
  type: string;
  size: number;
  cid: string | null;
}

/** All that a draft is. */
export interface Written {
  identityId: Id;
  to: Address[];
  cc: Address[];
  bcc: Address[];
  subject: string;
  isPlain: boolean;
  text: string;
  html: string;
  quotation: Quotation | null;
  quotedFrom: Id | null;
  inReplyTo: string[] | null;
  references: string[] | null;
  answers: { emailId: Id; keyword: "$answered" | "$forwarded" } | null;
  wantsReceipt: boolean;
}

export interface Kept {
  key: string;
  account: Id;
  at: number;
  savedId: Id | null;
  copies: string[];
  files: KeptFile[];
  written: Written;
}

export function keep(kept: Omit<Kept, "account" | "at">): void {
  const text = JSON.stringify({ ...kept, account: session.accountId, at: Date.now() } satisfies Kept);
  if (text.length > CHARACTERS_MAX) return;
  try {
    for (const old of all().slice(ENTRIES_MAX)) forget(old.key);
    localStorage.setItem(PREFIX + kept.key, text);
  } catch {
    // No room: the server has the copy before this one.
  }
}

export function forget(key: string): void {
  localStorage.removeItem(PREFIX + key);
}

/** Nothing of one person's is left for the next. */
export function forgetAll(): void {
  for (const name of names()) localStorage.removeItem(name);
}

/** What is kept under a key, for the account that is logged in. */
export function find(key: string): Kept | null {
  try {
    const found = JSON.parse(localStorage.getItem(PREFIX + key) ?? "null") as Kept | null;
    return found?.account === session.accountId && Date.now() - found.at < DAYS_MAX * 86_400_000 ? found : null;
  } catch {
    return null;
  }
}

/** The newest that belongs to no tab any more. */
export async function left(): Promise<Kept | null> {
  const held = await navigator.locks?.query().then(({ held = [] }) => new Set(held.map((one) => one.name)));
  const isLeft = (one: Kept) => (held === undefined ? Date.now() - one.at > SILENT_MS : !held.has(LOCK + one.key));
  return all().find((one) => one.account === session.accountId && isLeft(one)) ?? null;
}

/** This tab has the draft, until the returned function is called or the tab goes away. */
export function hold(key: string): () => void {
  let release: () => void = () => undefined;
  const until = new Promise<void>((resolve) => (release = resolve));
  void navigator.locks?.request(LOCK + key, () => until).catch(() => undefined);
  return release;
}

function names(): string[] {
  return Object.keys(localStorage).filter((name) => name.startsWith(PREFIX));
}

/** Newest first; what is too old or broken goes. */
function all(): Kept[] {
  const found = names().map((name) => [name, find(name.slice(PREFIX.length))] as const);
  for (const [name, one] of found) if (one === null && isStale(name)) localStorage.removeItem(name);
  return found.flatMap(([, one]) => one ?? []).sort((one, other) => other.at - one.at);
}

/** Of another account, it may still be wanted. */
function isStale(name: string): boolean {
  try {
    const { at } = JSON.parse(localStorage.getItem(name) ?? "") as Kept;
    return !(Date.now() - at < DAYS_MAX * 86_400_000);
  } catch {
    return true;
  }
}
