/** Words that could not be saved on the server, kept in this browser until they can. One draft at a time. */
import { session } from "$/session.svelte";
import type { Draft } from "./draft.svelte";
import type { Address, Id } from "$/jmap/types";

const KEY = "bocau.unsaved";

export interface Kept {
  account: Id;
  savedId: Id | null;
  to: Address[];
  cc: Address[];
  bcc: Address[];
  subject: string;
  isPlain: boolean;
  text: string;
  html: string;
  inReplyTo: string[] | null;
  references: string[] | null;
}

export function keep(draft: Draft): void {
  const { savedId, to, cc, bcc, subject, isPlain, text, html, inReplyTo, references } = draft;
  const kept: Kept = { account: session.accountId, savedId, to, cc, bcc, subject, isPlain, text, html, inReplyTo, references };
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // No room: the server has the copy before this one.
  }
}

export function forget(): void {
  localStorage.removeItem(KEY);
}

/** What is kept for the account that is logged in. */
export function kept(): Kept | null {
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "null") as Kept | null;
    return found?.account === session.accountId ? found : null;
  } catch {
    return null;
  }
}
