/** What a row of the list says of an email or of its conversation. */
import * as m from "words";
import type { Address, EmailHead, Id } from "$/jmap/types";
import { session } from "$/session.svelte";
import { dayAndTime, shortDate } from "$/words/dates";
import { emails, isStarred, isUnread } from "./emails.svelte";

export interface Row {
  head: EmailHead;
  names: string;
  /** Emails in the conversation; 1 for a single one. */
  count: number;
  isUnread: boolean;
  isStarred: boolean;
  hasAttachment: boolean;
  hasDraft: boolean;
  keywords: string[];
  subject: string;
  when: string;
  /** The row as a screen reader says it. */
  spoken: string;
}

/** `isSent`: rows name whom the mail went to. `leavesAt`: when a scheduled one is sent; it is a draft no more. */
export function rowOf(head: EmailHead, isCollapsed: boolean, isSent: boolean, leavesAt?: string): Row {
  const all = isCollapsed ? emails.ofThread(head.id) : [head];
  const row = {
    head,
    names: isSent ? recipients(head) : senders(all, head),
    count: all.length,
    isUnread: all.some(isUnread),
    isStarred: all.some(isStarred),
    hasAttachment: all.some((one) => one.hasAttachment),
    hasDraft: leavesAt === undefined && all.some((one) => "$draft" in one.keywords),
    keywords: [...new Set(all.flatMap((one) => Object.keys(one.keywords)))],
    subject: head.subject?.trim() || m.noSubject(),
    when: leavesAt === undefined ? shortDate(head.receivedAt) : dayAndTime(leavesAt),
  };
  return { ...row, spoken: spoken(row) };
}

function spoken(row: Omit<Row, "spoken">): string {
  const said = [
    row.isUnread && m.unread(),
    row.names,
    row.count > 1 && m.emailCount({ count: row.count }),
    row.subject,
    row.hasAttachment && m.hasAttachment(),
    row.isStarred && m.isStarred(),
    row.when,
  ];
  return said.filter(Boolean).join(", ");
}

/** Who took part, in order, each once; drafts are nobody's. */
function senders(all: EmailHead[], head: EmailHead): string {
  const written = all.filter((one) => !("$draft" in one.keywords));
  const from = (written.length > 0 ? written : [head]).flatMap((one) => one.from ?? []);
  return [...new Set(from.map(displayName))].join(", ") || m.noSender();
}

function recipients(head: EmailHead): string {
  return m.toNames({ names: (head.to ?? []).map(displayName).join(", ") || m.nobody() });
}

export function displayName(address: Address): string {
  if (address.email.toLowerCase() === session.name.toLowerCase()) return m.me();
  return address.name?.trim() || address.email;
}

/** The folders an email is in, for rows of a search. */
export function foldersOf(head: EmailHead): Id[] {
  return Object.keys(head.mailboxIds);
}
